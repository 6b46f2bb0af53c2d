import hashlib
import json
from itertools import islice
from pathlib import Path

import pytest

from ml.dataset import CATEGORICAL, DATA, NUMERIC, SHA256, UNUSED, DataError, load, split
from ml.models import RECIPES
from ml.traffic import requests

NO_SAVINGS = "unknown/ no savings account"


def test_the_data_is_the_published_file_and_the_page_beside_it_says_so():
    assert hashlib.sha256(DATA.read_bytes()).hexdigest() == SHA256
    assert SHA256 in (DATA.parent / "README.md").read_text()


def test_every_column_is_used_or_named_as_unused():
    assert set(load().rows[0]) == {*NUMERIC, *CATEGORICAL, *UNUSED}
    for recipe in RECIPES.values():
        assert not set(recipe.columns) & set(UNUSED)


def test_the_column_that_lost_its_rows_is_still_as_the_page_says():
    values = [row["personal_status_and_sex"] for row in load().rows]
    starts = [index + 1 for index, value in enumerate(values) if index == 0 or value != values[index - 1]]
    assert starts == [1, 51, 361, 909]


def test_a_changed_data_file_is_refused_by_name(tmp_path: Path):
    changed = tmp_path / "data.csv"
    changed.write_bytes(DATA.read_bytes().replace(b"good", b"bad", 1))
    with pytest.raises(DataError, match=rf"{changed}.*{SHA256}.*git checkout"):
        load(changed)


def test_a_missing_data_file_is_refused_by_name(tmp_path: Path):
    with pytest.raises(DataError, match="No such file"):
        load(tmp_path / "none.csv")


def test_the_split_is_stratified_repeatable_and_without_overlap():
    everything = load()
    first, again, other = (split(everything, seed) for seed in (3, 3, 4))
    assert first == again
    assert first != other
    assert (len(first.train.rows), len(first.held_out.rows)) == (700, 300)
    assert (sum(first.train.outcomes), sum(first.held_out.outcomes)) == (210, 90)
    held_out = {id(row) for row in first.held_out.rows}
    assert not held_out & {id(row) for row in first.train.rows}


def test_traffic_is_repeatable_and_of_held_out_applicants_only():
    first = list(islice(requests(5), 50))
    assert first == list(islice(requests(5), 50))
    assert first != list(islice(requests(6), 50))
    held_out = split(load(), 0).held_out.rows
    assert all(json.loads(body)["data"][0] in held_out for body in first)


def test_one_request_in_five_or_six_is_of_somebody_without_savings():
    bodies = [json.loads(body) for body in islice(requests(0), 2000)]
    share = sum(body["data"][0]["savings_account_and_bonds"] == NO_SAVINGS for body in bodies) / len(bodies)
    assert 0.16 < share < 0.22
