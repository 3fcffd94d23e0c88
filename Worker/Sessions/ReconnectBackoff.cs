namespace OrleansFlow.Worker.Sessions;

/// <summary>
/// Waits between tries to reconnect: doubling from a smallest to a largest one, each spread evenly over its upper half, so that many
/// workers that lost the same gateway do not come back in step.
/// </summary>
internal sealed class ReconnectBackoff(TimeSpan min, TimeSpan max, Random random)
{
    private TimeSpan? _current;

    public TimeSpan Next()
    {
        var longest = _current ?? min;
        _current = longest * 2 > max ? max : longest * 2;
        return longest * (0.5 + (0.5 * random.NextDouble()));
    }

    public void Reset() => _current = null;
}
