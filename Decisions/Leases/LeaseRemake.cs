namespace OrleansFlow.Decisions.Leases;

/// <summary>What is known of a task whose accepted batches were lost and are, or were, made again.</summary>
/// <param name="Times">How often that began.</param>
/// <param name="Standing">How many of its batches stand so far this time; null once all of them do again.</param>
/// <param name="HadCompleted">True when it had completed before: what it reported then stands, and only its files are made again.</param>
public sealed record LeaseRemake(int Times, int? Standing, bool HadCompleted);
