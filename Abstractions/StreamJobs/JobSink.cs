namespace OrleansFlow.StreamJobs;

/// <summary>A sink of a <see cref="StreamJob"/>.</summary>
public sealed class JobSink
{
    private readonly JobStep _step;

    internal JobSink(JobStep step) => _step = step;

    /// <summary>Its name.</summary>
    public string Name => _step.Name!;

    /// <summary>Its subtasks. Default: as many as its stream has; a connector may allow fewer. 1 to 1,024.</summary>
    public JobSink WithParallelism(int parallelism)
    {
        _step.Parallelism = parallelism;
        return this;
    }
}
