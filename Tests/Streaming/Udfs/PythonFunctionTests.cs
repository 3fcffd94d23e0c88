using System.Diagnostics;
using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Udfs;

namespace OrleansFlow.Tests.Streaming.Udfs;

/// <summary>Goal: Python in a text computes what the engine's own functions compute, in a process that may be killed and does not outlive the job. Method: the machine's python3.</summary>
public sealed class PythonFunctionTests : UdfTestBase
{
    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("f(a INT) RETURNS BIGINT", "def f(a): return a * 2", "SELECT f(n) FROM e", "select n * 2 from e")]
    [InlineData("f(a BIGINT, b DOUBLE) RETURNS DOUBLE", "def f(a, b):\n    return a + b", "SELECT f(k, v) FROM e", "select k + v from e")]
    [InlineData("f(a SMALLINT) RETURNS SMALLINT", "def f(a): return -a", "SELECT f(n::SMALLINT) FROM e", "select -n from e")]
    [InlineData("f(a REAL) RETURNS REAL", "def f(a): return a / 2", "SELECT f(v::REAL)::DOUBLE FROM e", "select v / 2 from e")]
    [InlineData("f(a BOOLEAN) RETURNS BOOLEAN", "def f(a): return not a", "SELECT f(flag) FROM e", "select not flag from e")]
    [InlineData("f(s TEXT) RETURNS TEXT", "def f(s): return s.upper() + 'é'", "SELECT f(name) FROM e", "select upper(name) || 'é' from e")]
    [InlineData("f(s BLOB) RETURNS BLOB", "def f(s): return s + b'x'", "SELECT f(name::BLOB)::VARCHAR FROM e", "select name || 'x' from e")]
    [InlineData("f(d DATE, i INT) RETURNS DATE", "import datetime\ndef f(d, i): return d + datetime.timedelta(days=i)", "SELECT f(DATE '2024-02-28', n)::VARCHAR FROM e", "select (date '2024-02-28' + n)::varchar from e")]
    [InlineData("f(t TIME) RETURNS TIME", "def f(t): return t.replace(second=1)", "SELECT f(TIME '12:30:59.25')::VARCHAR FROM e", "select '12:30:01.25' from e")]
    [InlineData("f(t TIMESTAMP, n INT) RETURNS TIMESTAMP", "from datetime import timedelta\ndef f(t, n): return t + timedelta(hours=n)", "SELECT f(TIMESTAMP '1969-12-31 23:00:00.000001', n)::VARCHAR FROM e", "select (timestamp '1969-12-31 23:00:00.000001' + to_hours(n))::varchar from e")]
    [InlineData("f(t TIMESTAMPTZ) RETURNS TIMESTAMPTZ", "from datetime import timedelta\ndef f(t): return t + timedelta(hours=1)", "SELECT epoch_us(f(TIMESTAMPTZ '2024-01-01 00:00:00+02')) FROM e", "select epoch_us(timestamptz '2024-01-01 01:00:00+02') from e")]
    [InlineData("f(a DECIMAL(18, 3)) RETURNS DECIMAL(18, 3)", "from decimal import Decimal\ndef f(a): return a + Decimal('0.125')", "SELECT f(n)::DOUBLE FROM e", "select (n + 0.125)::double from e")]
    [InlineData("f(a INT NULL, s TEXT NULL) RETURNS TEXT", "def f(a, s): return ('none' if a is None else str(a)) + (s or '')", "SELECT f(n, name) FROM e", "select coalesce(n::varchar, 'none') || coalesce(name, '') from e")]
    [InlineData("f(a INT) RETURNS INT", "def f(a: int): return a if a > 0 else None", "SELECT f(n) FROM e", "select case when n > 0 then n end from e")]
    [InlineData("f(a INT) RETURNS INT", "from arroyo_udf import udf\n@udf\ndef other(a: int) -> int: return a", "SELECT f(n) FROM e", "select n from e")]
    [InlineData("f(a INT) RETURNS INT", "print('hello')\ndef f(a):\n    print(a)\n    return a", "SELECT f(n) FROM e", "select n from e")]
    public async Task Function_GivesWhatTheEngineGives(string declaration, string source, string stream, string batch) =>
        await AssertSameAsync($"CREATE FUNCTION {declaration} LANGUAGE python AS $$\n{source}\n$$; {stream}", batch);

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Functions_OfSeveralLanguages_AreCalledSideBySide() => await AssertSameAsync(
        """
        CREATE FUNCTION p1(a BIGINT) RETURNS BIGINT LANGUAGE python AS $$
        def p1(a): return a + 1
        $$;
        CREATE FUNCTION p2(a BIGINT) RETURNS BIGINT LANGUAGE python ENTRY 'two' AS $$
        def two(a): return a * 3
        $$;
        CREATE FUNCTION c1(a BIGINT) RETURNS BIGINT LANGUAGE csharp AS $$ public static long C1(long a) => a - 7; $$;
        SELECT c1(p2(p1(k))), sum(p1(n)) FROM e GROUP BY tumble(INTERVAL '5 seconds'), k
        """,
        "select (k + 1) * 3 - 7, sum(n + 1)::bigint from e group by floor(t / 5e6), k");

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task NullRule_FunctionIsNotCalledWithNull_UnlessItsParameterTakesIt()
    {
        await AssertSameAsync("CREATE FUNCTION size(s TEXT, a INT NULL) RETURNS INT LANGUAGE python AS $$\ndef size(s, a): return len(s)\n$$; SELECT size(name, n) FROM e", "select length(name) from e");
        await AssertSameAsync("CREATE FUNCTION never(a INT) RETURNS INT LANGUAGE python AS $$\ndef never(a): raise Exception('called')\n$$; SELECT never(NULLIF(n, n)) FROM e", "select null from e");
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("raise ValueError('no ' + str(a))", "ValueError: no 1")]
    [InlineData("return 'x'", "TypeError: its result is of type str")]
    [InlineData("return True", "TypeError: its result is of type bool")]
    [InlineData("return 2 ** 40", "error: ")]
    public async Task FunctionThatFails_FailsTheJob_OrGivesNull(string body, string words)
    {
        var text = $"CREATE FUNCTION f(a INT, s TEXT) RETURNS INT LANGUAGE python VERSION '3' AS $$\ndef f(a, s): {body}\n$$; SELECT f(1, 'x') FROM e";
        var failed = await FailedAsync(text);

        Assert.Equal(FlowErrorCode.FunctionFailed, failed.Code);
        Assert.Contains($"Function 'f' (python, version 3) failed for (1, 'x'): {words}", failed.Message, StringComparison.Ordinal);
        await AssertSameAsync(text.Replace("VERSION '3'", "ON ERROR NULL", StringComparison.Ordinal), "select null from e");
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("def f(a): return (", "its source cannot be loaded: SyntaxError")]
    [InlineData("import nothing_of_that_name\ndef f(a): return a", "its source cannot be loaded: ModuleNotFoundError")]
    [InlineData("def g(a): return a", "its source cannot be loaded: NameError: it has no function 'f'")]
    [InlineData("def f(a, b): return a", "its source cannot be loaded: TypeError: missing a required argument")]
    [InlineData("raise SystemExit(0)", "its source cannot be loaded: SystemExit")]
    public async Task SourceThatCannotBeLoaded_FailsTheStart_AndNamesTheFunction(string source, string words)
    {
        var failed = await FailedAsync($"CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE python AS $$\n{source}\n$$; SELECT f(n) FROM e");

        Assert.Equal(FlowErrorCode.BadFunction, failed.Code);
        Assert.StartsWith("Function 'f' (python): " + words, failed.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task PythonThatIsNotThere_FailsTheStart_AndTellsTheOption()
    {
        var failed = await FailedAsync("CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE python AS 'def f(a): return a'; SELECT f(n) FROM e", UserFunctionSettings.Local with { PythonPath = "no-such-python" });

        Assert.Equal(FlowErrorCode.BadFunction, failed.Code);
        Assert.Contains("OrleansFlow:Streaming:Functions:PythonPath", failed.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ProcessThatIsKilled_IsReplaced_AndNoRowIsLost()
    {
        var marker = Path.Combine(Path.GetTempPath(), $"flow-udf-{Guid.NewGuid():N}");
        try
        {
            await AssertSameAsync(
                $"""
                CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE python AS $$
                import os, signal
                def f(a):
                    if not os.path.exists('{marker}'):
                        open('{marker}', 'w').close()
                        os.kill(os.getpid(), signal.SIGKILL)
                    return a + 1
                $$; SELECT f(n) FROM e
                """,
                "select n + 1 from e");
            Assert.True(File.Exists(marker));
        }
        finally
        {
            File.Delete(marker);
        }
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ProcessThatEndsAgainAndAgain_FailsTheJob_WhichMayBeginAgain()
    {
        var failed = await FailedAsync("CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE python AS $$\nimport os\ndef f(a): os._exit(9)\n$$; SELECT f(n) FROM e");

        Assert.Equal((FlowErrorCode.WorkerLost, RetryAdvice.Later), (failed.Code, failed.Kind.Retry));
        Assert.Contains("Function 'f' (python): its process ended with code 9, the 4. time in a row (PythonRestartsMax is 3).", failed.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("", "Function 'f' (python): its process gave an answer that is none, the 4. time in a row")]
    [InlineData("spoil()\n", "Functions 'f' (python): its process gave an answer that is none, while their sources were loaded.")]
    [InlineData("os._exit(9)\n", "Functions 'f' (python): its process ended with code 9, while their sources were loaded.")]
    public async Task FunctionThatWritesToWhereAnswersGo_OrEndsAtOnce_FailsTheJob_AndGivesNoWrongRow(string atLoad, string words)
    {
        var source = $"import os\ndef spoil():\n    for fd in range(3, 20):\n        try: os.write(fd, bytes([0, 0, 0, 0]))\n        except OSError: pass\n{atLoad}def f(a):\n    spoil()\n    return a";
        var failed = await FailedAsync($"CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE python AS $$\n{source}\n$$; SELECT f(n) FROM e");

        Assert.Equal(FlowErrorCode.WorkerLost, failed.Code);
        Assert.Contains(words, failed.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task FunctionThatNeverEnds_IsKilledInTime()
    {
        var failed = await FailedAsync(
            "CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE python AS $$\ndef f(a):\n    while True: pass\n$$; SELECT f(n) FROM e",
            UserFunctionSettings.Local with { PythonTimeout = TimeSpan.FromSeconds(1), PythonRestartsMax = 0 });

        Assert.Equal(FlowErrorCode.WorkerLost, failed.Code);
        Assert.Contains("Function 'f' (python): its process gave no answer in 00:00:01 and was killed (PythonTimeout)", failed.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Processes_AreGone_WhenTheJobHasEnded()
    {
        var lines = await RunAsync("CREATE FUNCTION pid(a INT NULL) RETURNS INT LANGUAGE python AS $$\nimport os\ndef pid(a): return os.getpid()\n$$; SELECT pid(n) FROM e");

        Assert.All(lines.Distinct(), line => Assert.Throws<ArgumentException>(() => Process.GetProcessById(int.Parse(line, CultureInfo.InvariantCulture))));
        Assert.NotEmpty(lines);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task WhatAFunctionPrints_IsTold_AndSecretsOfTheProcessAreNotThere()
    {
        Environment.SetEnvironmentVariable("FLOW_UDF_SECRET", "shh");
        var lines = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var program = new Protocol.Streaming.V1.Program
        {
            Functions = { Function("f", FunctionLanguage.Python, "import os, sys\nprint('out', os.environ.get('FLOW_UDF_SECRET'))\nprint('err', file=sys.stderr)\nprint('x' * 10000)\ndef f(a): return a", "INT", "INT") },
        };
        await using (await LoadedFunctions.LoadAsync(program, UserFunctionSettings.Local, new FunctionContents(), Token, (name, line) => lines.Enqueue($"{name}: {line}")))
        {
        }

        Assert.Equal(["f: out None", "f: err"], lines.Take(2));
        Assert.True(lines.Count > 3 && lines.All(line => line.Length <= 4_100));
    }
}
