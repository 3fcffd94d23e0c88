namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>Calls one grain, one call after the other, and keeps how long they took.</summary>
internal sealed class CallDelays(TimeProvider clock)
{
    private const int SampleInterval = 100;
    private static readonly TimeSpan Notable = TimeSpan.FromMilliseconds(0.2);

    private readonly List<double> _sampledMs = [];
    private TimeSpan _max;
    private TimeSpan _maxOutsideGc;

    public async Task CallWhileAsync(IPingGrain grain, Func<bool> goesOn)
    {
        await Task.Yield();
        await grain.PingAsync(0);
        var pausedBefore = GC.GetTotalPauseDuration();
        for (var call = 1; goesOn(); call++)
        {
            var sent = clock.GetTimestamp();
            await grain.PingAsync(call);
            var took = clock.GetElapsedTime(sent);
            _max = took > _max ? took : _max;
            if (took > Notable)
            {
                var paused = GC.GetTotalPauseDuration();
                took -= paused - pausedBefore;
                pausedBefore = paused;
            }

            _maxOutsideGc = took > _maxOutsideGc ? took : _maxOutsideGc;
            if (call % SampleInterval == 0)
            {
                _sampledMs.Add(took.TotalMilliseconds);
            }
        }
    }

    /// <returns>The largest delay, and the delays of every hundredth call without the collector's pauses.</returns>
    public Sample ToSample() => new(_max.TotalMilliseconds, [.. _sampledMs], MaxMsOutsideGc: _maxOutsideGc.TotalMilliseconds);
}
