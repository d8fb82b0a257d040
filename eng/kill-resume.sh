#!/bin/sh
# Kills a training run with SIGKILL at random moments, resumes it, and compares the bytes of model, history and checkpoint.
#   eng/kill-resume.sh [KILLS]      default 200
set -eu
cd "$(dirname "$0")/.."
NEARFAR_KILLS="${1:-200}" dotnet run --project tests/Nearfar.Tests -c Release -- -class "*KillAndResumeTests"
