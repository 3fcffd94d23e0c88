using OrleansFlow.Tasks;

namespace OrleansFlow.Workers;

/// <summary>An output batch that stands, as its handler may keep it or hand it on.</summary>
/// <param name="TaskId">The task that made it.</param>
/// <param name="Index">Its number within the task.</param>
/// <param name="BatchUid">The handler's own name of it.</param>
public sealed record ArtifactReference(TaskId TaskId, int Index, string BatchUid);
