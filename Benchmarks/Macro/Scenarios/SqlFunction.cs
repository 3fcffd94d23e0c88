using OrleansFlow.Engine;
using OrleansFlow.Engine.Functions;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A scalar function in C# over many rows of a table, on one thread, against the same arithmetic by the engine's own functions.</summary>
internal sealed class SqlFunction : Scenario
{
    private const long RowCount = 10_000_000;
    private const int Passes = 3;
    private const double NanosecondsPerSecond = 1e9;

    private readonly TimeProvider _clock = TimeProvider.System;
    private EngineInstance? _engine;
    private EngineSession? _session;

    public override string Name => "sql-function";

    public override string Question => "What does a scalar function in C# cost a row of a query, on one core?";

    public override string Unit => "ns/row";

    public override bool HigherIsBetter => false;

    public override string BaselineName => "the same by the engine's own functions, ns/row";

    public override IReadOnlyList<FurtherBaseline> FurtherBaselines =>
    [
        new("the function over batches, ns/row", token => MeasureAsync("add_mod_batch(a, b)", token)),
        new("no function, only the sum, ns/row", token => MeasureAsync("a", token)),
    ];

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _engine = await EngineInstance.OpenAsync(
            new EngineOptions
            {
                ThreadCount = 1,
                Functions = [EngineFunction.Scalar<int, int, int>("add_mod", (a, b) => (a + b) % 7), EngineFunction.Batch<int, int, int>("add_mod_batch", AddMod)],
            },
            cancellationToken);
        _session = _engine.OpenSession();
        await _session.ExecuteAsync($"CREATE TABLE numbers AS SELECT (range % 1000)::INTEGER AS a, (range % 77)::INTEGER AS b FROM range({RowCount})", null, cancellationToken);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken) => new(await MeasureAsync("add_mod(a, b)", cancellationToken));

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) => MeasureAsync("(a + b) % 7", cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    private static void AddMod(EngineColumn<int> first, EngineColumn<int> second, EngineColumnWriter<int> results)
    {
        var a = first.Values;
        var b = second.Values;
        var sums = results.Values;
        for (var row = 0; row < sums.Length; row++)
        {
            sums[row] = (a[row] + b[row]) % 7;
        }
    }

    private async Task<double> MeasureAsync(string expression, CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        for (var pass = 0; pass < Passes; pass++)
        {
            await _session!.ExecuteAsync($"SELECT sum({expression}) FROM numbers", null, cancellationToken);
        }

        return _clock.GetElapsedTime(began).TotalSeconds * NanosecondsPerSecond / (RowCount * Passes);
    }
}
