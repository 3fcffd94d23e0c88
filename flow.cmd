@echo off
rem Builds what a command needs (in Release), then runs it. See README.md.
setlocal
set "root=%~dp0"
where dotnet >nul 2>nul || (echo flow: 'dotnet' is not on PATH. Install the .NET 10 SDK, then run this again. 1>&2 & exit /b 2)
if not exist "%root%artifacts" mkdir "%root%artifacts"
call :build Cli || exit /b 1
if "%~1"=="demo" call :build samples\flights || exit /b 1
if "%~1"=="bench" (
  call :build samples\flights || exit /b 1
  call :build Benchmarks || exit /b 1
)
dotnet "%root%artifacts\bin\OrleansFlow.Cli\release\flow.dll" %*
exit /b %ERRORLEVEL%

:build
echo restoring and building %1 1>&2
pushd "%root%"
dotnet build %1 -c Release -v q --nologo --disable-build-servers > "%root%artifacts\flow-build.log" 2>&1
set "code=%ERRORLEVEL%"
popd
if not "%code%"=="0" (
  type "%root%artifacts\flow-build.log" 1>&2
  echo flow: building %1 failed 1>&2
  exit /b 1
)
exit /b 0
