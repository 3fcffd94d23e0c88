using OrleansFlow.Errors;
using OrleansFlow.Streaming.Udfs;

namespace OrleansFlow.Tests.Streaming.Udfs;

/// <summary>Goal: C# in a text computes what the engine's own functions compute, keeps to the null rule, and fails in words that name it.</summary>
public sealed class CSharpFunctionTests : UdfTestBase
{
    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("twice(a INT) RETURNS BIGINT", "public static long Twice(int a) => a * 2L;", "SELECT twice(n) FROM e", "select n * 2 from e")]
    [InlineData("plus(a BIGINT, b DOUBLE) RETURNS DOUBLE", "public static double Plus(long a, double b) { return a + b; }", "SELECT plus(k, v) FROM e", "select k + v from e")]
    [InlineData("shout(s TEXT) RETURNS TEXT", "public static string Shout(string s) => s.ToUpperInvariant() + \"!\";", "SELECT shout(name) FROM e", "select upper(name) || '!' from e")]
    [InlineData("is_even(a INT) RETURNS BOOLEAN", "public static bool is_even(int a) => a % 2 == 0;", "SELECT k FROM e WHERE is_even(n)", "select k from e where n % 2 = 0")]
    [InlineData("known(a INT NULL, s TEXT NULL) RETURNS TEXT", "public static string? Known(int? a, string? s) => $\"{a?.ToString() ?? \"none\"} {s ?? \"none\"}\";", "SELECT known(n, name) FROM e", "select coalesce(n::varchar, 'none') || ' ' || coalesce(name, 'none') from e")]
    [InlineData("big(a INT) RETURNS INT", "public static int? Big(int a) { if (a > 0) { return a; } return null; }", "SELECT big(n) FROM e", "select case when n > 0 then n end from e")]
    [InlineData("cents(a DECIMAL(18, 2)) RETURNS DECIMAL(18, 2)", "public static decimal Cents(decimal a) => a + 0.25m;", "SELECT cents(n)::DOUBLE FROM e", "select (n + 0.25)::double from e")]
    [InlineData("next(d DATE) RETURNS DATE", "public static DateOnly Next(DateOnly d) => d.AddDays(1);", "SELECT next(DATE '2024-02-28' + n % 100)::VARCHAR FROM e", "select (date '2024-02-28' + n % 100 + 1)::varchar from e")]
    [InlineData("five(a INT, b INT, c INT, d INT, f INT) RETURNS INT", "public static int Five(int a, int b, int c, int d, int f) => a + b + c + d + f;", "SELECT five(n, 1, 2, 3, 4) FROM e", "select n + 10 from e")]
    [InlineData("words(s TEXT) RETURNS INT", "public static int Words(string s) { var n = 0; foreach (var part in s.Split('a')) { n += part.Length; } return n; }", "SELECT words(name) FROM e", "select length(replace(name, 'a', '')) from e")]
    public async Task Function_GivesWhatTheEngineGives(string declaration, string source, string stream, string batch) =>
        await AssertSameAsync($"CREATE FUNCTION {declaration} LANGUAGE csharp AS $$ {source} $$; {stream}", batch);

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Function_WorksInFiltersGroupsAggregatesAndBelowJoins() => await AssertSameAsync(
        """
        CREATE FUNCTION rest(a BIGINT, by BIGINT) RETURNS BIGINT LANGUAGE csharp VERSION '2' AS $$
            using System;
            class Inner { public int Value { get; set; } }
            public static class Mine
            {
                public static long Rest(long a, long by)
                {
                    var kept = new Dictionary<string, Inner> { ["x"] = new Inner { Value = 1 } };
                    Func<long, long> f = x => x % by;
                    return Enumerable.Range(0, 1).Select(_ => f(a) * kept["x"].Value).Sum();
                }
            }
        $$;
        SELECT rest(k, 3), count(*), sum(rest(k, 5)) FROM e WHERE rest(k, 2) = 0 GROUP BY tumble(INTERVAL '5 seconds'), rest(k, 3)
        """,
        "select k % 3, count(*), sum(k % 5) from e where k % 2 = 0 group by floor(t / 5e6), k % 3");

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task NullRule_FunctionIsNotCalledWithNull_UnlessItsParameterTakesIt()
    {
        // Both throw for null, so that a call would fail the job.
        await AssertSameAsync(
            "CREATE FUNCTION size(s TEXT) RETURNS INT LANGUAGE csharp AS $$ public static int Size(string s) => s is null ? throw new ArgumentException(\"null\") : s.Length; $$; SELECT size(CASE WHEN flag THEN name END) FROM e",
            "select length(case when flag then name end) from e");
        var failed = await FailedAsync(
            "CREATE FUNCTION size(s TEXT NULL) RETURNS INT LANGUAGE csharp AS $$ public static int Size(string? s) => s is null ? throw new ArgumentException(\"it came\") : s.Length; $$; SELECT size(CASE WHEN false THEN name ELSE NULLIF(name, name) END) FROM e");
        Assert.Equal(FlowErrorCode.FunctionFailed, failed.Code);
        Assert.Contains("Function 'size' (csharp) failed for (NULL): ArgumentException: it came", failed.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task FunctionThatThrows_FailsTheJob_AndNamesItselfAndItsValues()
    {
        var failed = await FailedAsync("CREATE FUNCTION bad(a INT, s TEXT) RETURNS INT LANGUAGE csharp VERSION '7' AS $$ public static int Bad(int a, string s) => a / (a - a); $$; SELECT bad(1, repeat('x', 5000)) FROM e");

        Assert.Equal(FlowErrorCode.FunctionFailed, failed.Code);
        Assert.Contains($"Function 'bad' (csharp, version 7) failed for (1, '{new string('x', 64)}...'): DivideByZeroException: ", failed.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task FunctionThatThrows_GivesNull_WhereItIsToldTo() => await AssertSameAsync(
        "CREATE FUNCTION part(a INT, b INT) RETURNS INT LANGUAGE csharp ON ERROR NULL AS $$ public static int Part(int a, int b) => a / b; $$; SELECT part(100, n % 3) FROM e",
        "select case when n % 3 <> 0 then trunc(100.0 / (n % 3))::int end from e");

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("public static int F(int a) => a +;", "its source does not compile: f.cs(1,")]
    [InlineData("public static int G(int a) => a;", "it has no public static method 'f' of 1 parameters")]
    [InlineData("static int F(int a) => a;", "not public UserFunctions.F(int)")]
    [InlineData("public static int F(int a, int b) => a;", "UserFunctions.F(int, int)")]
    [InlineData("public static int F(string a) => 1;", "'f' cannot be called from (int) to int")]
    [InlineData("public static string F(int a) => \"\";", "'f' cannot be called from (int) to int")]
    [InlineData("public static int F(int a) => a; public static class O { public static int F(int a) => a; }", "it has 2 of a public static method")]
    public async Task SourceThatCannotBeCalled_FailsTheStart_AndNamesTheFunction(string source, string words)
    {
        var failed = await FailedAsync($"CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE csharp AS $${source}$$; SELECT f(n) FROM e");

        Assert.Equal(FlowErrorCode.BadFunction, failed.Code);
        Assert.StartsWith("Function 'f' (csharp): ", failed.Message, StringComparison.Ordinal);
        Assert.Contains(words, failed.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task FunctionsThatAreOff_FailTheStart_AndTellWhoTurnsThemOn()
    {
        foreach (var language in FunctionLanguage.All)
        {
            var failed = await FailedAsync($"CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE {language} AS 'QUJD'; SELECT f(n) FROM e", UserFunctionSettings.None);
            Assert.Equal(FlowErrorCode.BadFunction, failed.Code);
            Assert.StartsWith($"Function 'f' ({language}): functions of this language are off here.", failed.Message, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task TrustedSource_MayTouchWhatTheProcessMay()
    {
        const string Text = "CREATE FUNCTION pid(a INT) RETURNS BIGINT LANGUAGE csharp AS $$ public static long Pid(int a) => Environment.ProcessId; $$; SELECT pid(k::INT) FROM e WHERE k IS NOT NULL";

        var failed = await FailedAsync(Text);
        Assert.Contains("System.Environment is not allowed", failed.Message, StringComparison.Ordinal);
        var lines = await RunAsync(Text, UserFunctionSettings.Local with { CSharp = UserCodeAccess.Trusted });
        Assert.Equal([Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture)], lines.Distinct());
    }
}
