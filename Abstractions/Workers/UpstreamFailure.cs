namespace OrleansFlow.Workers;

/// <summary>Why a handler was called that remedies or undoes something.</summary>
/// <param name="Node">The node that failed; empty when no node did, as with a deadline of the run.</param>
/// <param name="Reason">Stable text: an error code, or the reason that the failing handler gave.</param>
/// <param name="Message">For people.</param>
public sealed record UpstreamFailure(string Node, string Reason, string Message);
