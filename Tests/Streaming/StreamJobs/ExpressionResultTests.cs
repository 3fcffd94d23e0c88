using System.Globalization;
using System.Linq.Expressions;
using System.Text.RegularExpressions;
using OrleansFlow.StreamJobs;
using OrleansFlow.Tests.Streaming.Lives;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.StreamJobs;

/// <summary>Goal: an expression of a job gives what it gives in C#. Method: each is compiled and run over rows, and beside it the SQL that the job says for it.</summary>
public sealed partial class ExpressionResultTests(LifeEngine lives) : IClassFixture<LifeEngine>
{
    private static readonly Sample[] Rows =
    [
        new(1, 2, 3, 0.5, "abc", true, false, new DateTime(2026, 11, 21, 23, 30, 0)),
        new(-7, 2, null, -2.5, " \tx y\n ", null, true, new DateTime(2024, 2, 29, 12, 0, 1)),
        new(0, -3, 0, 3.75, "", false, null, new DateTime(1969, 12, 31, 23, 59, 59)),
        new(42, 5, -1, 1.5, "it's \"ß\" {0} %_", null, null, new DateTime(2026, 1, 1)),
    ];

    private static readonly int?[] NullOrThree = [null, 3];
    private static readonly List<int?> OnlyNull = [null];
    private static readonly int?[] Threes = [3];
    private static readonly DayOfWeek[] Weekend = [DayOfWeek.Saturday, DayOfWeek.Sunday];
    private static readonly HashSet<string> Words = ["abc", ""];

    private static readonly Dictionary<string, LambdaExpression> Cases = new LambdaExpression[]
    {
        Of(r => !(r.M > 0)),
        Of(r => !(r.M < r.N)),
        Of(r => (r.M >= 0) == false),
        Of(r => r.F & r.G),
        Of(r => r.F | r.G),
        Of(r => r.F != r.G),
        Of(r => r.Ts.DayOfWeek == DayOfWeek.Sunday),
        Of(r => r.Text.IndexOf("", StringComparison.Ordinal)),
        Of(r => r.Text.Replace("'", "\"", StringComparison.Ordinal) + "';--" + r.N),
        Of(r => r.Text == "it's \"ß\" {0} %_"),
        Of(r => r.Text.Contains("%_", StringComparison.Ordinal)),
        Of(r => r.N / r.K + (r.N % r.K)),
        Of(r => r.N >> 1),
        Of(r => r.N ^ r.K),
        Of(r => ~r.N & 0xFF),
        Of(r => (int)r.V),
        Of(r => Math.Round(r.V)),
        Of(r => Math.Round(r.V, MidpointRounding.AwayFromZero)),
        Of(r => Math.Floor(r.V) + Math.Ceiling(r.V)),
        Of(r => r.V / (r.N - r.N)),
        Of(r => r.Ts.AddSeconds(0.5)),
        Of(r => r.Ts.AddDays(1.5)),
        Of(r => r.Ts.AddHours(r.V)),
        Of(r => r.Ts.Date),
        Of(r => r.Ts.AddDays(-1) < r.Ts - TimeSpan.FromHours(23)),
        Of(r => r.Ts.DayOfYear + ((int)r.Ts.DayOfWeek * 1000)),
        Of(r => r.M.HasValue ? r.M.Value : -r.N),
        Of(r => r.M.GetValueOrDefault(9) + r.K),
        Of(r => r.F == null || !r.F.Value),
        Of(r => r.Text.Trim()),
        Of(r => r.Text.TrimStart()),
        Of(r => r.Text.TrimEnd()),
        Of(r => string.IsNullOrWhiteSpace(r.Text)),
        Of(r => NullOrThree.Contains(r.M)),
        Of(r => !NullOrThree.Contains(r.M)),
        Of(r => OnlyNull.Contains(r.M)),
        Of(r => !Threes.Contains(r.M)),
        Of(r => Weekend.Contains(r.Ts.DayOfWeek)),
        Of(r => Words.Contains(r.Text)),
        Of(r => Math.Sqrt(r.V)),
        Of(r => Math.Log(r.V)),
        Of(r => Math.Log10(r.N)),
        Of(r => Math.Acos(r.V)),
        Of(r => Math.Asin(r.V)),
        Of(r => Math.Sin(r.N / (r.V - r.V))),
    }.ToDictionary(one => one.Body.ToString(), StringComparer.Ordinal);

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory(Timeout = Watchdog.Milliseconds)]
    [MemberData(nameof(Names))]
    public async Task Expression_GivesInSql_WhatItGivesInCSharp(string name)
    {
        var lambda = Cases[name];
        var run = lambda.Compile();

        var given = await (Task<List<string>>)GetType().GetMethod(nameof(AskAsync), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!
            .MakeGenericMethod(lambda.ReturnType).Invoke(this, [lambda])!;

        Assert.Equal(Rows.Select(row => Text(run.DynamicInvoke(row))), given);
    }

    private async Task<List<string>> AskAsync<T>(Expression<Func<Sample, T>> lambda)
    {
        var job = new StreamJob();
        job.Source<Sample>("e", JobConnector.Stdout()).Select(lambda).SinkTo("o", JobConnector.Blackhole());
        var query = QueryPattern().Match(job.ToSql()).Groups[1].Value;
        var rows = string.Join(", ", Rows.Select(row => string.Create(CultureInfo.InvariantCulture,
            $"({row.N}, {row.K}, {Null(row.M)}, {row.V}::DOUBLE, '{row.Text.Replace("'", "''", StringComparison.Ordinal)}', {Null(row.F)}, {Null(row.G)}, TIMESTAMP '{row.Ts:yyyy-MM-dd HH:mm:ss}')")));
        await using var session = lives.Engine.OpenSession();
        await using var result = await session.QueryAsync($"""WITH e("N", "K", "M", "V", "Text", "F", "G", "Ts") AS (VALUES {rows}) {query}""", null, TestContext.Current.CancellationToken);
        var lines = new List<string>();
        await foreach (var batch in result.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            using (batch)
            {
                lines.AddRange(WindowEvents.Lines(batch));
            }
        }

        return lines;
    }

    private static Expression<Func<Sample, T>> Of<T>(Expression<Func<Sample, T>> lambda) => lambda;

    private static string Null(object? value) => value is null ? "NULL" : Convert.ToString(value, CultureInfo.InvariantCulture)!;

    private static string Text(object? value) => value switch
    {
        null => "null",
        DateTime time => ((time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond).ToString(CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    [GeneratedRegex("CREATE VIEW \"step2\" AS (SELECT.*?);\r?\nCREATE", RegexOptions.Singleline)]
    private static partial Regex QueryPattern();

    private sealed record Sample(int N, int K, int? M, double V, string Text, bool? F, bool? G, DateTime Ts);
}
