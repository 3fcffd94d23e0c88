using System.Globalization;
using OrleansFlow.Decisions.Leases;

namespace OrleansFlow.Simulation.Invariants;

/// <summary>Short words for the history.</summary>
internal static class Words
{
    public static string Of(LeaseCommand command) => command switch
    {
        GrantLease grant => $"grant to {grant.Worker}",
        AcceptBatch accept => string.Create(CultureInfo.InvariantCulture, $"batch {accept.Index} with e{accept.Epoch}"),
        CompleteAttempt complete => string.Create(CultureInfo.InvariantCulture, $"complete with e{complete.Epoch}"),
        FailAttempt fail => string.Create(CultureInfo.InvariantCulture, $"fail with e{fail.Epoch} ({fail.Failure.Reason})"),
        LoseInputs lose => string.Create(CultureInfo.InvariantCulture, $"lost {lose.Inputs.Length} inputs with e{lose.Epoch}"),
        RemakeTask remake => string.Create(CultureInfo.InvariantCulture, $"make batch {remake.Index} again"),
        StopAttempt stop => string.Create(CultureInfo.InvariantCulture, $"stopped with e{stop.Epoch}"),
        WithholdTask withhold => $"withhold ({withhold.Reason})",
        RevokeLease revoke => string.Create(CultureInfo.InvariantCulture, $"revoke e{revoke.Epoch} ({revoke.Reason})"),
        _ => command.GetType().Name,
    };

    public static string Of(LeaseDecision decision) => (decision.IsAccepted ? "" : $"refused ({decision.Refused}) ")
        + string.Join(", ", decision.Events.Select(Of));

    private static string Of(LeaseEvent change) => change switch
    {
        LeaseGranted granted => string.Create(CultureInfo.InvariantCulture, $"granted e{granted.Epoch} to {granted.Worker}"),
        LeaseRevoked revoked => string.Create(CultureInfo.InvariantCulture, $"revoked e{revoked.Epoch} ({revoked.Reason})"),
        BatchAccepted accepted => string.Create(CultureInfo.InvariantCulture, $"batch {accepted.Index} stands"),
        BatchRemade remade => string.Create(CultureInfo.InvariantCulture, $"batch {remade.Index} was made again"),
        TaskFailed failed => $"failed ({failed.Failure.Reason})",
        TaskBackedOff backedOff => $"backs off ({backedOff.Failure.Reason})",
        _ => change.GetType().Name,
    };
}
