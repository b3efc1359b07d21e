import subprocess

from allocast.adapters.environment import commit, environment


def test_the_environment_names_versions_and_machine():
    made_with = environment()
    assert made_with["lightgbm"] and made_with["python"].startswith("3.")
    assert all(isinstance(value, str) for value in made_with.values())


def test_outside_a_repository_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert commit() == ""


def test_changed_sources_are_said_with_the_commit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    author = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    for arguments in (["init", "-q"], [*author, "commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", *arguments], check=True)
    assert commit() and not commit().endswith("+changes")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "new.py").write_text("")
    assert commit().endswith("+changes")
