using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Worker.Jobs;

/// <summary>A kind of operator that a host adds to those that every worker has.</summary>
/// <param name="Kind">As programs name it.</param>
/// <param name="Make">Called once for each subtask.</param>
internal sealed record OperatorRegistration(string Kind, Func<OperatorDefinition, StreamElement> Make);
