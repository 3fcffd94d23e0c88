namespace OrleansFlow.Tasks;

// The ids live in Abstractions, which knows no grain runtime; these say how they cross a grain boundary.

/// <summary>How a <see cref="RunId"/>, <see cref="WorkerId"/> or <see cref="TaskId"/> travels: as its text.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.IdSurrogate")]
public readonly record struct IdSurrogate([property: Id(0)] string? Value);

/// <summary>How a <see cref="LeaseToken"/> travels.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.LeaseTokenSurrogate")]
public readonly record struct LeaseTokenSurrogate([property: Id(0)] string? TaskId, [property: Id(1)] long Epoch);

/// <summary>Converts <see cref="RunId"/>.</summary>
[RegisterConverter]
public sealed class RunIdConverter : IConverter<RunId, IdSurrogate>
{
    /// <inheritdoc/>
    public RunId ConvertFromSurrogate(in IdSurrogate surrogate) => string.IsNullOrEmpty(surrogate.Value) ? default : new RunId(surrogate.Value);

    /// <inheritdoc/>
    public IdSurrogate ConvertToSurrogate(in RunId value) => new(value.Value);
}

/// <summary>Converts <see cref="WorkerId"/>.</summary>
[RegisterConverter]
public sealed class WorkerIdConverter : IConverter<WorkerId, IdSurrogate>
{
    /// <inheritdoc/>
    public WorkerId ConvertFromSurrogate(in IdSurrogate surrogate) => string.IsNullOrEmpty(surrogate.Value) ? default : new WorkerId(surrogate.Value);

    /// <inheritdoc/>
    public IdSurrogate ConvertToSurrogate(in WorkerId value) => new(value.Value);
}

/// <summary>Converts <see cref="TaskId"/>.</summary>
[RegisterConverter]
public sealed class TaskIdConverter : IConverter<TaskId, IdSurrogate>
{
    /// <inheritdoc/>
    public TaskId ConvertFromSurrogate(in IdSurrogate surrogate) => string.IsNullOrEmpty(surrogate.Value) ? default : TaskId.Parse(surrogate.Value);

    /// <inheritdoc/>
    public IdSurrogate ConvertToSurrogate(in TaskId value) => new(value.Value);
}

/// <summary>Converts <see cref="LeaseToken"/>.</summary>
[RegisterConverter]
public sealed class LeaseTokenConverter : IConverter<LeaseToken, LeaseTokenSurrogate>
{
    /// <inheritdoc/>
    public LeaseToken ConvertFromSurrogate(in LeaseTokenSurrogate surrogate) =>
        new(string.IsNullOrEmpty(surrogate.TaskId) ? default : TaskId.Parse(surrogate.TaskId), surrogate.Epoch);

    /// <inheritdoc/>
    public LeaseTokenSurrogate ConvertToSurrogate(in LeaseToken value) => new(value.TaskId.Value, value.Epoch);
}
