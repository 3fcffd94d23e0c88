namespace OrleansFlow.Silo.Gateway.Control;

/// <summary>The row that a health check writes.</summary>
[GenerateSerializer, Alias("OrleansFlow.StoreProbeState")]
public sealed class StoreProbeState
{
    /// <summary>Changes with each check.</summary>
    [Id(0)]
    public string Mark { get; set; } = "";
}
