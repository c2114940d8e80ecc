@echo off
rem Phial's one command on Windows: the same steps as run, which says why. Needs Python 3.11 or
rem newer and, for the first start, the C++ workload of the Visual Studio Build Tools.
setlocal
set "root=%~dp0"
set "boot=%root%.boot"
set "venv=%root%.venv"
set "python=%venv%\Scripts\python.exe"
set PYTHONSAFEPATH=1
set PYTHONUTF8=1

fc /b "%root%requirements.lock" "%venv%\.made-from" >nul 2>&1
if not errorlevel 1 if exist "%python%" goto start

where py >nul 2>&1 && (set "base=py -3") || (set "base=python")
%base% -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>nul
if errorlevel 1 (
    echo Phial: Python 3.11 or newer is needed and was not found. Install it and try again. 1>&2
    exit /b 1
)
echo Setting up Phial, once. The engine is compiled for this machine: about 5 minutes. 1>&2
if not exist "%boot%" mkdir "%boot%"
pushd "%root%"
fc /b requirements-boot.lock "%boot%\uv\.made-from" >nul 2>&1
if not errorlevel 1 goto environment
if exist "%boot%\uv" rmdir /s /q "%boot%\uv"
%base% -m venv "%boot%\uv" >>"%boot%\log" 2>&1 || goto failed
"%boot%\uv\Scripts\python.exe" -m pip install --disable-pip-version-check --only-binary :all: --require-hashes -r requirements-boot.lock >>"%boot%\log" 2>&1 || goto failed
copy /y requirements-boot.lock "%boot%\uv\.made-from" >nul || goto failed

:environment
for /f "delims=" %%p in ('%base% -c "import sys; print(sys.executable)"') do set "file=%%p"
"%boot%\uv\Scripts\uv.exe" venv --clear --python "%file%" "%venv%" >>"%boot%\log" 2>&1 || goto failed
"%boot%\uv\Scripts\uv.exe" pip sync --require-hashes --build-constraints requirements-build.txt --python "%python%" requirements.lock >>"%boot%\log" 2>&1 || goto failed
copy /y requirements.lock "%venv%\.made-from" >nul || goto failed
popd

:start
set "PYTHONPATH=%root:~0,-1%"
set "module=app"
set words=%*
if "%~1"=="test" set "module=tests.run_checks"& call set words=%%words:*test=%%
if "%~1"=="bench" set "module=tests.benchmarks"& call set words=%%words:*bench=%%
"%python%" -m %module% %words%
exit /b %errorlevel%

:failed
popd
echo Phial: set-up stopped; what was finished is kept. The engine needs the C++ workload of the Visual Studio Build Tools. Details: %boot%\log 1>&2
exit /b 1
