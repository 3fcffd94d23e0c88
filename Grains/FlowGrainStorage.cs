namespace OrleansFlow.Grains;

/// <summary>The storage of OrleansFlow's own grains.</summary>
public static class FlowGrainStorage
{
    /// <summary>Name under which a host registers it as a keyed <see cref="Orleans.Storage.IGrainStorage"/>.</summary>
    public const string Name = "flow";
}
