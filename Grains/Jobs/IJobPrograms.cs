using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Grains.Jobs;

/// <summary>Makes programs of streaming jobs ready to run: their functions are checked and can be loaded by workers.</summary>
public interface IJobPrograms
{
    /// <summary>Makes a program ready.</summary>
    /// <returns>Null when it is; else why not, and whether trying again can help.</returns>
    Task<JobFailure?> PrepareAsync(string jobId, Program program, CancellationToken cancellationToken);
}
