namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>The least a grain can do. Key: any number.</summary>
[Alias("OrleansFlow.Benchmarks.IPingGrain")]
public interface IPingGrain : IGrainWithIntegerKey
{
    /// <summary>Answers its argument.</summary>
    [Alias("Ping")]
    ValueTask<int> PingAsync(int value);
}

/// <summary>Answers at once.</summary>
public sealed class PingGrain : Grain, IPingGrain
{
    /// <inheritdoc/>
    public ValueTask<int> PingAsync(int value) => ValueTask.FromResult(value);
}
