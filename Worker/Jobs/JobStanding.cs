using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Worker.Jobs;

/// <summary>How a job stands at a worker.</summary>
/// <param name="Phase">Idle: nothing of it is here.</param>
/// <param name="SinceUtc">When the phase began.</param>
/// <param name="Error">Why it failed; empty in any other phase.</param>
internal sealed record JobStanding(WorkerPhase Phase, DateTimeOffset SinceUtc, string Error = "");
