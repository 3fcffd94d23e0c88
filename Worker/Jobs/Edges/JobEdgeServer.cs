using OrleansFlow.Errors;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Rpc;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Worker.Jobs.Edges;

/// <summary>Takes rows that other workers send to subtasks of this one: of the generation that runs here, by whoever shows the token of it.</summary>
/// <param name="jobs">The jobs of this worker.</param>
/// <param name="verify">Checks what the cluster signed.</param>
/// <param name="clock">Clock of tokens.</param>
internal sealed class JobEdgeServer(JobHost jobs, VerifySignature verify, TimeProvider clock)
{
    /// <summary>Checks a stream before it is let in.</summary>
    /// <exception cref="FlowException">
    /// <c>unauthenticated</c>; <c>already_ended</c>: a newer generation is here; <c>worker_lost</c>: this one is not here yet, or somebody sends on the channel already.
    /// </exception>
    public void Authorize(ExchangeHello hello)
    {
        var ticket = EdgeTicket.Read(hello.Ticket);
        var subject = SignedTextReader.Read(SignedTextReader.JobKind, hello.BearerToken ?? "", verify, clock.GetUtcNow());
        if (subject != ticket.Subject)
        {
            throw new FlowException(FlowErrorCode.Unauthenticated, $"The token is for another run than generation {ticket.Generation} of job '{ticket.JobId}'.");
        }

        if (jobs.EdgesOf(ticket.JobId, ticket.Generation) is not { } edges || !edges.IsOffered(ticket.Channel))
        {
            throw NotHere(ticket);
        }
    }

    /// <summary>Takes rows and signals in their order until the channel's end. Waits while the subtask's queue is full.</summary>
    public async Task ServeAsync(ExchangeCall call)
    {
        var ticket = EdgeTicket.Read(call.Hello.Ticket);
        var edges = jobs.EdgesOf(ticket.JobId, ticket.Generation);
        if (edges?.TryTake(ticket.Channel) is not { } target)
        {
            throw NotHere(ticket);
        }

        var (isBegun, isEnded) = (false, false);
        try
        {
            await foreach (var element in call.Stream.ReadAllAsync(call.CancellationToken))
            {
                isBegun = true;
                var message = element.Batch is { } batch ? StreamMessage.Of(batch) : EdgeSignals.Read(element.AppMetadata.Span);
                isEnded |= EdgeSignals.IsLast(message);
                if (!await target.WriteAsync(message, call.CancellationToken))
                {
                    // The subtask has ended and reads no more.
                    return;
                }
            }

            isEnded = true;
        }
        catch (Exception exception) when (exception is RpcException or OperationCanceledException)
        {
            if (!isBegun)
            {
                edges.Return(ticket.Channel, target, $"the sender of channel {ticket.Channel}", exception);
            }
            else if (!isEnded)
            {
                edges.Break($"the sender of channel {ticket.Channel}", exception);
            }

            throw;
        }
        catch (Exception exception)
        {
            edges.Break($"the sender of channel {ticket.Channel}", exception);
            throw;
        }
    }

    private static FlowException NotHere(EdgeTicket ticket) =>
        new(FlowErrorCode.WorkerLost, $"Generation {ticket.Generation} of job '{ticket.JobId}' takes no rows on channel {ticket.Channel} here, or not yet.");
}
