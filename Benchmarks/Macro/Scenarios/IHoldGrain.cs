namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A grain with one persistent state. Key: any number.</summary>
[Alias("OrleansFlow.Benchmarks.IHoldGrain")]
public interface IHoldGrain : IGrainWithIntegerKey
{
    /// <summary>What it holds.</summary>
    [Alias("Get")]
    ValueTask<int> GetAsync();
}

/// <summary>What the grain keeps.</summary>
[GenerateSerializer]
[Alias("OrleansFlow.Benchmarks.HoldState")]
public sealed class HoldState
{
    /// <summary>Any number.</summary>
    [Id(0)]
    public int Value { get; set; }
}

/// <summary>Reads its state when it is activated.</summary>
public sealed class HoldGrain([PersistentState("hold")] IPersistentState<HoldState> state) : Grain, IHoldGrain
{
    /// <inheritdoc/>
    public ValueTask<int> GetAsync() => ValueTask.FromResult(state.State.Value);
}
