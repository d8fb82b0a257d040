#!/usr/bin/env bash
# Damages vector files of every type at random for a while: whatever is left must be read or refused with a reason.
#   eng/fuzz-vectors.sh [ROUNDS] [SEED]      default: 20000 rounds for each type, seed 1
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build tests/Nearfar.Tests -c Release --nologo -v q
NEARFAR_FUZZ_ROUNDS=${1:-20000} NEARFAR_FUZZ_SEED=${2:-1} \
  tests/Nearfar.Tests/bin/Release/net10.0/Nearfar.Tests -method "*Open_DamagedFileOfAnyType_ThrowsNothingButNearfarException"
