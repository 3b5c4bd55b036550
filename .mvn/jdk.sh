# Sourced by mvnw and kvasir: leaves JAVA_HOME at a JDK of at least the release the build targets.
need=25

feature() { # the Java feature release of the JDK in $1, or nothing
  [ -x "$1/bin/javac" ] && sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null
}

on_path=$(command -v javac) && on_path=$(readlink -f "$on_path") && on_path=${on_path%/bin/javac}
for jdk in "${JAVA_HOME-}" "${on_path-}" /usr/lib/jvm/* /opt/java/* /opt/jdk* /Library/Java/JavaVirtualMachines/*/Contents/Home \
  "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* "$HOME"/.gradle/jdks/*; do
  version=$(feature "$jdk")
  [ "${version:-0}" -ge $need ] && JAVA_HOME=$jdk && export JAVA_HOME && return 0
done
echo "Building needs a JDK $need or newer and none was found; install one (for example Temurin, https://adoptium.net) or set JAVA_HOME." >&2
exit 1
