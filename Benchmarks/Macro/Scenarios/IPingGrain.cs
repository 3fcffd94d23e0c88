namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>The least a grain can do. Key: any number.</summary>
[Alias("OrleansFlow.Benchmarks.IPingGrain")]
public interface IPingGrain : IGrainWithIntegerKey
{
    /// <summary>Answers its argument.</summary>
    [Alias("Ping")]
    ValueTask<int> PingAsync(int value);

    /// <summary>Answers its argument; can be cancelled.</summary>
    [Alias("PingWithToken")]
    ValueTask<int> PingWithTokenAsync(int value, CancellationToken cancellationToken);

    /// <summary>Calls another such grain so often, one call awaited before the next.</summary>
    [Alias("PingOther")]
    Task PingOtherAsync(IPingGrain other, int count);
}

/// <summary>Answers at once.</summary>
public sealed class PingGrain : Grain, IPingGrain
{
    /// <inheritdoc/>
    public ValueTask<int> PingAsync(int value) => ValueTask.FromResult(value);

    /// <inheritdoc/>
    public ValueTask<int> PingWithTokenAsync(int value, CancellationToken cancellationToken) => ValueTask.FromResult(value);

    /// <inheritdoc/>
    public async Task PingOtherAsync(IPingGrain other, int count)
    {
        for (var index = 0; index < count; index++)
        {
            await other.PingAsync(index);
        }
    }
}
