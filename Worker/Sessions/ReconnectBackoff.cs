namespace OrleansFlow.Worker.Sessions;

/// <summary>
/// Waits between tries to reconnect: doubling from a smallest to a largest one, each spread evenly over its upper half, so that many
/// workers that lost the same gateway do not come back in step.
/// </summary>
internal sealed class ReconnectBackoff(TimeSpan min, TimeSpan max, Random random)
{
    private TimeSpan _current = min;

    public TimeSpan Next()
    {
        var delay = _current * (0.5 + (0.5 * random.NextDouble()));
        _current = _current * 2 > max ? max : _current * 2;
        return delay;
    }

    public void Reset() => _current = min;
}
