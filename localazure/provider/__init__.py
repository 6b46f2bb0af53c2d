"""A Pulumi resource provider named `azure-native` for an ARM endpoint that `ARM_*` names.

It stands in where the real plugin can't be had. One gRPC call of the engine becomes the ARM calls that the
real provider would make: GET before create, PUT of the whole body, polling, GET.

`values` reads and writes the engine's property values; `shape` and `types` say how a resource looks in the
SDK and on the wire; `check`, `difference`, `preview` and `refresh` are pure; `transport`, `credentials`,
`pace` and `arm` talk HTTP; `lifecycle` and `invokes` put these together; `servicer` and `serve` are the edge.
"""
