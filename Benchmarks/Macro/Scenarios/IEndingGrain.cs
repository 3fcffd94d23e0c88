namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A grain whose ends are counted. Key: any number.</summary>
[Alias("OrleansFlow.Benchmarks.IEndingGrain")]
public interface IEndingGrain : IGrainWithIntegerKey
{
    /// <summary>Activates it.</summary>
    [Alias("Touch")]
    ValueTask TouchAsync();
}

/// <summary>Counts its ends.</summary>
public sealed class EndingGrain : Grain, IEndingGrain, IDisposable
{
    internal static int EndCount;

    /// <inheritdoc/>
    public ValueTask TouchAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Increment(ref EndCount);
}
