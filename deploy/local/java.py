"""What Apache Kafka needs from the machine: a JDK that runs, and the broker's jars, brought by Maven."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

from deploy import ROOT

JDK_MINIMUM = 17
VERSION_SECONDS = 30
MAVEN_SECONDS = 600
POM = ROOT / "deploy" / "kafka" / "pom.xml"
KAFKA_LIBS = ROOT / "var" / "kafka-libs"


class KafkaUnavailable(Exception):
    """No broker can run here; the text says why."""


def find_java(environment: Mapping[str, str] | None = None) -> str:
    """The `java` of a JDK 17 or newer, from JAVA_HOME or the path, proved by running it.

    Raises:
        KafkaUnavailable: there is none, it does not run, or it is too old.
    """
    environment = os.environ if environment is None else environment
    home = environment.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java", path=environment.get("PATH"))
    if java is None:
        raise KafkaUnavailable(f"no JDK {JDK_MINIMUM} or newer: there is no java on the path")
    version = _version_of(java)
    if version < JDK_MINIMUM:
        raise KafkaUnavailable(f"no JDK {JDK_MINIMUM} or newer: {java} is version {version}")
    return java


def kafka_version() -> str:
    """The broker's version, as the pom names it."""
    space = {"m": "http://maven.apache.org/POM/4.0.0"}
    found = ET.parse(POM).find("m:dependencies/m:dependency[m:artifactId='kafka_2.13']/m:version", space)  # noqa: S314  our own file
    assert found is not None
    assert found.text
    return found.text


def has_jars(libs: Path = KAFKA_LIBS) -> bool:
    """Whether the jars of the broker's present version are in *libs*."""
    return (libs / f"kafka_2.13-{kafka_version()}.jar").exists()


def ensure_jars(libs: Path = KAFKA_LIBS, environment: Mapping[str, str] | None = None) -> Path:
    """The folder of the broker's jars, brought by Maven if it is not there yet: whole, or not at all.

    Raises:
        KafkaUnavailable: there is no Maven, or it could not bring them.
    """
    if has_jars(libs):
        return libs
    environment = os.environ if environment is None else environment
    maven = shutil.which("mvn", path=environment.get("PATH"))
    if maven is None:
        raise KafkaUnavailable("the broker's jars are not here, and there is no mvn on the path to bring them")
    libs.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=libs.parent, prefix="kafka-libs-"))
    try:
        _copy_dependencies(maven, fresh, environment)
        shutil.rmtree(libs, ignore_errors=True)
        fresh.rename(libs)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return libs


def _version_of(java: str) -> int:
    """The feature release that *java* itself states: 17 for both `17.0.15` and `17-ea`, 8 for `1.8.0_402`."""
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=VERSION_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise KafkaUnavailable(f"{java} does not run: {error}") from error
    stated = re.search(r'version "(?:1\.)?(\d+)', done.stderr + done.stdout)
    if stated is None:
        raise KafkaUnavailable(f"{java} does not state its version")
    return int(stated.group(1))


def _copy_dependencies(maven: str, target: Path, environment: Mapping[str, str]) -> None:
    argv = [
        maven, "-q", "-B", "-ntp", "-f", str(POM), "dependency:copy-dependencies",
        "-DincludeScope=runtime", f"-DoutputDirectory={target}",
    ]  # fmt: skip
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, timeout=MAVEN_SECONDS, check=False, env=dict(environment),
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise KafkaUnavailable(f"Maven could not bring the broker's jars: {error}") from error
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines() or ["it said nothing"]
        raise KafkaUnavailable(f"Maven could not bring the broker's jars: {said[0]}")
