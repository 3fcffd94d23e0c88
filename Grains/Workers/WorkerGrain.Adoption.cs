using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Workers;

/// <content>A worker process that started again goes on with the leases that its id still holds.</content>
internal sealed partial class WorkerGrain
{
    /// <summary>A lease that the last session held and this one does not name: it is this one's to run again, or it ends.</summary>
    private async Task AdoptOrRevokeAsync(
        LeaseToken token, WorkerRegistration registration, List<LeaseGrant> adopted, CancellationToken cancellationToken)
    {
        // A workflow's step begins anew: nothing of a half-done one is kept anywhere.
        if (!registration.Adopts || token.TaskId.IsWorkflow)
        {
            await RevokeAsync([token], LeaseEnd.Restarted);
            return;
        }

        try
        {
            if (await GrainFactory.GetGrain<ITaskGrain>(token.TaskId.Value).AdoptAsync(token, Id, registration.SessionId, cancellationToken) is { } grant)
            {
                adopted.Add(grant);
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Whether it stands is not known, and nobody runs it: the next heartbeats do not renew it, so it expires.
            LogRenewalFailed(exception, token.TaskId, token.Epoch);
        }
    }

    private async Task OfferAdoptedAsync(string sessionId, List<LeaseGrant> adopted, CancellationToken cancellationToken)
    {
        if (adopted.Count == 0)
        {
            return;
        }

        if (_model.SessionId != sessionId || _commands is not { } commands)
        {
            await RevokeAsync([.. adopted.Select(grant => grant.Token)], LeaseEnd.ConnectionLost);
            return;
        }

        foreach (var grant in adopted)
        {
            _model = _model.Add(grant.Token, grant.KeepsLostLease ? _times.HardSilence : _leases.ReconnectGraceOf(grant.Role));
        }

        LogAdopted(Id, sessionId, adopted.Count);
        await commands.Writer.WriteAsync(new WorkerCommand { Offers = adopted }, cancellationToken);
    }
}
