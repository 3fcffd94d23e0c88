using OrleansFlow.Errors;

namespace OrleansFlow.Grains.Jobs;

/// <summary>Where streaming jobs may keep their checkpoints. The silo implements it by its options.</summary>
public interface ICheckpointPlaces
{
    /// <summary>Looks whether a new job may keep its checkpoints at a place. Those that there are keep theirs.</summary>
    /// <param name="url">The folder of all jobs' checkpoints, as stores know it.</param>
    /// <exception cref="FlowException"><c>bad_input</c>: it may not.</exception>
    void Require(string url);
}

/// <summary>Anywhere: whoever reaches the grains is trusted with the disks of silos and workers.</summary>
internal sealed class AnyCheckpointPlace : ICheckpointPlaces
{
    public void Require(string url)
    {
    }
}
