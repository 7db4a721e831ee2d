"""What the machine must have for a broker, and what is said when it has not."""

from pathlib import Path

import pytest

from deploy.local.java import KafkaUnavailable, ensure_jars, find_java, kafka_version
from deploy.local.kafka import KafkaServer


def java_home(folder, script):
    java = folder / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\n{script}\n")
    java.chmod(0o755)
    return {"JAVA_HOME": str(folder), "PATH": "/usr/bin:/bin"}


ACCEPTED = {
    "the oldest that will do": "17.0.15",
    "a newer one": "21",
    "one not released yet": "25-ea",
}
REFUSED = {
    "one too old": ("echo 'openjdk version \"16.0.2\"' >&2", "is version 16"),
    "one from before the numbers changed": ("echo 'java version \"1.8.0_402\"' >&2", "is version 8"),
    "one that fails": ("exit 1", "does not run"),
    "one that says nothing": ("exit 0", "does not state its version"),
}


@pytest.mark.parametrize("version", ACCEPTED.values(), ids=ACCEPTED)
def test_a_java_is_believed_when_it_runs_and_says_its_version(tmp_path, version):
    environment = java_home(tmp_path, f"echo 'openjdk version \"{version}\" 2025-04-15' >&2")
    assert find_java(environment) == str(tmp_path / "bin" / "java")


@pytest.mark.parametrize(("script", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_java_that_will_not_do_is_named_with_the_reason(tmp_path, script, reason):
    with pytest.raises(KafkaUnavailable, match=reason):
        find_java(java_home(tmp_path, script))


def test_a_machine_without_java_is_told_what_is_missing():
    with pytest.raises(KafkaUnavailable, match="no JDK 17 or newer: there is no java on the path"):
        find_java({"PATH": "/nonexistent"})


def test_a_machine_without_maven_is_told_what_is_missing(tmp_path):
    with pytest.raises(KafkaUnavailable, match="no mvn on the path"):
        ensure_jars(tmp_path / "libs", {"PATH": "/nonexistent"})


def test_a_maven_that_fails_leaves_no_half_a_folder(tmp_path):
    maven = tmp_path / "mvn"
    maven.write_text("#!/bin/sh\necho '[ERROR] no network'\nexit 1\n")
    maven.chmod(0o755)
    with pytest.raises(KafkaUnavailable, match=r"\[ERROR\] no network"):
        ensure_jars(tmp_path / "libs", {"PATH": str(tmp_path)})
    assert [path.name for path in tmp_path.iterdir()] == ["mvn"]


@pytest.mark.kafka
def test_a_broker_without_its_jars_says_what_brings_them(tmp_path):
    with pytest.raises(KafkaUnavailable, match="make setup"):
        KafkaServer(tmp_path, 1, 2, libs=tmp_path)


def test_maven_brings_the_jars_whole_and_leaves_nothing_beside_them(tmp_path):
    maven = tmp_path / "bin" / "mvn"
    maven.parent.mkdir()
    jar = f"kafka_2.13-{kafka_version()}.jar"
    maven.write_text(
        f'#!/bin/sh\nfor word; do case $word in -DoutputDirectory=*) : > "${{word#*=}}/{jar}";; esac; done\n'
    )
    maven.chmod(0o755)
    libs = ensure_jars(tmp_path / "var" / "libs", {"PATH": str(maven.parent)})
    assert [path.relative_to(tmp_path / "var") for path in libs.parent.rglob("*.jar")] == [Path("libs") / jar]


def test_jars_that_are_there_are_not_fetched_again(tmp_path):
    (tmp_path / f"kafka_2.13-{kafka_version()}.jar").touch()
    assert ensure_jars(tmp_path, {"PATH": "/nonexistent"}) == tmp_path
