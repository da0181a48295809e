"""What a screen reader needs of the PDF: tags, language, titles, text for drawings, heads for tables."""

import io
from itertools import pairwise

import pytest
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

from planner.errors import MissingDataError
from planner.report.fonts import chinese_face
from planner.report.pdf import render_pdf


def languages():
    try:
        chinese_face()
    except MissingDataError:
        return ["en"]
    return ["en", "zh"]


@pytest.fixture(scope="module", params=languages())
def document(request, sample):
    return PdfReader(io.BytesIO(render_pdf(sample.full() | {"language": request.param})))


def elements(node):
    """Every element of the structure tree below a node, in reading order."""
    node = node.get_object()
    if isinstance(node, ArrayObject):
        for inner in node:
            yield from elements(inner)
    elif isinstance(node, DictionaryObject):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from elements(node["/K"])


@pytest.fixture(scope="module")
def tags(document):
    return list(elements(document.trailer["/Root"]["/StructTreeRoot"]))


def kinds(tags):
    return [str(tag["/S"]) for tag in tags]


def test_the_document_says_that_it_is_tagged_and_by_which_standard(document):
    root = document.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert root["/Lang"] in ("en-GB", "zh-CN")
    assert document.metadata.title
    assert b"pdfuaid:part" in root["/Metadata"].get_object().get_data()


def test_every_page_is_read_in_the_order_of_its_tags(document):
    for page in document.pages:
        assert page["/Tabs"] == "/S"
        assert "/StructParents" in page


def test_every_drawing_says_what_it_shows(tags):
    figures = [tag for tag in tags if tag["/S"] == "/Figure"]
    assert len(figures) >= 8
    assert all(len(str(tag.get("/Alt", ""))) >= 5 for tag in figures)


def test_headings_begin_at_one_and_skip_no_level(tags):
    levels = [int(kind[2:]) for kind in kinds(tags) if kind[:2] == "/H" and kind[2:].isdigit()]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_table_has_heads_that_name_their_scope(tags):
    tables = [tag for tag in tags if tag["/S"] == "/Table"]
    assert len(tables) >= 8
    for table in tables:
        heads = [tag for tag in elements(table["/K"]) if tag["/S"] == "/TH"]
        assert heads
        assert all(_scope(head) == "/Column" for head in heads)


def _scope(head):
    attributes = head["/A"].get_object()
    for entry in attributes if isinstance(attributes, ArrayObject) else [attributes]:
        if "/Scope" in entry.get_object():
            return str(entry.get_object()["/Scope"])
    return None


def test_links_have_a_tag_and_a_text(document, tags):
    links = [
        note.get_object()
        for page in document.pages
        for note in page.get("/Annots", [])
        if note.get_object()["/Subtype"] == "/Link"
    ]
    assert links
    assert all("/StructParent" in link and link.get("/Contents") for link in links)
    assert "/Link" in kinds(tags)


def test_every_font_is_carried_and_can_be_read_as_text(document):
    for page in document.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            face = font.get_object()
            assert "/ToUnicode" in face
            below = face["/DescendantFonts"][0].get_object() if "/DescendantFonts" in face else face
            described = below["/FontDescriptor"].get_object()
            assert any(key in described for key in ("/FontFile2", "/FontFile3"))
