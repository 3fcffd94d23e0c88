using OrleansFlow.Benchmarks.Macro.Streams;
using OrleansFlow.Engine;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A job with much state that ended as in a crash begins again: until its windows took a new row, against reading the files of its state.</summary>
/// <param name="stateMegabytes">Bytes of state, in 10^6.</param>
internal sealed class StreamRecovery(int stateMegabytes) : Scenario
{
    // A batch in a moment, and hardly any state more.
    private const long RowsPerSecond = 200_000;

    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly Dictionary<string, double> _facts = new(StringComparer.Ordinal);
    private ScratchFolder? _scratch;
    private EngineInstance? _engine;

    public override string Name => "stream-recovery";

    public override string Question => $"How long is it from the start of a job with {stateMegabytes} MB of state until its windows have taken a new row?";

    public override string Unit => "s";

    public override bool HigherIsBetter => false;

    public override string BaselineName => "reading the files of its state, s";

    public override IReadOnlyDictionary<string, double> Facts => _facts;

    private long Keys => stateMegabytes * 1_000_000L / SteadyJob.BytesPerKey;

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _scratch = new ScratchFolder();
        _engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, cancellationToken);
        await using (var job = await SteadyJob.OpenAsync(_scratch.Path, _engine, Keys, 0, cancellationToken))
        {
            await job.SentAsync(Keys + Keys / 8, cancellationToken);
            await job.CheckpointAsync(cancellationToken);
        }

        await MeasureAsync(cancellationToken);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        await using var job = await SteadyJob.OpenAsync(_scratch!.Path, _engine!, Keys, RowsPerSecond, cancellationToken);
        await job.TakingAsync(cancellationToken);
        var time = _clock.GetElapsedTime(began);
        _facts["mb_of_state"] = job.RestoredBytes / 1e6;
        return new Sample(time.TotalSeconds);
    }

    public override async Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        var block = new byte[1 << 20];
        var began = _clock.GetTimestamp();
        foreach (var path in Directory.EnumerateFiles(_scratch!.Path, "*", SearchOption.AllDirectories))
        {
            await using var file = new FileStream(path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.Asynchronous });
            while (await file.ReadAsync(block, cancellationToken) > 0)
            {
            }
        }

        return _clock.GetElapsedTime(began).TotalSeconds;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_engine is { } engine)
        {
            await engine.DisposeAsync();
        }

        _scratch?.Dispose();
        await base.DisposeAsync();
    }
}
