namespace Orleans.Embedded;

/// <summary>Base of generated references: how their methods send a request.</summary>
public abstract class EmbeddedGrainReference : GrainReference
{
    /// <summary>Creates a reference; for generated code.</summary>
    /// <param name="shared">What references of this type share.</param>
    /// <param name="key">The key of the grain.</param>
    protected EmbeddedGrainReference(GrainReferenceShared shared, IdSpan key)
        : base(shared, key)
    {
    }

    // A reference to a grain of another process is of no use to the silo of this one.
    private CallClient Sender =>
        GrainExecution.Current is { } current && Shared.Client.Remote is null ? current.Silo.Client : Shared.Client;

    /// <summary>Calls a method that returns a task with a value.</summary>
    /// <typeparam name="TResult">The value.</typeparam>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Cancels the call and its callee.</param>
    /// <returns>The answer.</returns>
    protected Task<TResult> CallTask<TResult>(GrainRequest<TResult> request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<TResult>(cancellationToken);
        }

        var sender = Sender;
        if (sender.OutgoingFilters.Length != 0)
        {
            return CallFilteredAsync(sender, request, cancellationToken);
        }

        request.Prepare(this, owners: 2);
        var answer = request.AsTask(sender.Cluster);
        sender.Send(request, isOneWay: false, cancellationToken);
        return answer;
    }

    /// <summary>Calls a method that returns a task without a value.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Cancels the call and its callee.</param>
    /// <returns>The end of the call.</returns>
    protected Task CallTask(VoidGrainRequest request, CancellationToken cancellationToken = default) =>
        CallTask<Nothing>(request, cancellationToken);

    /// <summary>Calls a method that returns a value task with a value.</summary>
    /// <typeparam name="TResult">The value.</typeparam>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Cancels the call and its callee.</param>
    /// <returns>The answer.</returns>
    protected ValueTask<TResult> CallValueTask<TResult>(GrainRequest<TResult> request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<TResult>(cancellationToken);
        }

        var sender = Sender;
        if (sender.OutgoingFilters.Length != 0)
        {
            return new ValueTask<TResult>(CallFilteredAsync(sender, request, cancellationToken));
        }

        request.Prepare(this, owners: 2);
        var answer = request.AsValueTask(sender.Cluster);
        sender.Send(request, isOneWay: false, cancellationToken);
        return answer;
    }

    /// <summary>Calls a method that returns a value task without a value.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Cancels the call and its callee.</param>
    /// <returns>The end of the call.</returns>
    protected ValueTask CallValueTask(VoidGrainRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        var sender = Sender;
        if (sender.OutgoingFilters.Length != 0)
        {
            return new ValueTask(CallFilteredAsync(sender, request, cancellationToken));
        }

        request.Prepare(this, owners: 2);
        var answer = request.AsVoidValueTask(sender.Cluster);
        sender.Send(request, isOneWay: false, cancellationToken);
        return answer;
    }

    /// <summary>Calls a method without waiting for its end.</summary>
    /// <param name="request">The request.</param>
    /// <returns>A finished task.</returns>
    protected Task CallOneWay(GrainRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var sender = Sender;
        if (sender.OutgoingFilters.Length != 0)
        {
            return new OutgoingCall(this, request, sender, () =>
            {
                var sent = request.CloneUnsent();
                sent.Prepare(this, owners: 1);
                sender.Send(sent, isOneWay: true, default);
                return Task.FromResult<object?>(null);
            }).Invoke();
        }

        request.Prepare(this, owners: 1);
        sender.Send(request, isOneWay: true, default);
        return Task.CompletedTask;
    }

    /// <summary>Calls a method that returns a sequence. Nothing is sent before the sequence is read.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="enumerable">The call.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <returns>The sequence.</returns>
    protected IAsyncEnumerable<T> Enumerate<T>(GrainEnumerable<T> enumerable, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(enumerable);
        enumerable.Bind(this, cancellationToken);
        return enumerable;
    }

    internal Task<TResult> CallInternal<TResult>(GrainRequest<TResult> request, CancellationToken cancellationToken) =>
        CallTask(request, cancellationToken);

    private async Task<TResult> CallFilteredAsync<TResult>(
        CallClient sender, GrainRequest<TResult> request, CancellationToken cancellationToken)
    {
        var call = new OutgoingCall(this, request, sender, async () =>
        {
            var sent = (GrainRequest<TResult>)request.CloneUnsent();
            sent.Prepare(this, owners: 2);
            var answer = sent.AsTask(sender.Cluster);
            sender.Send(sent, isOneWay: false, cancellationToken);
            return (object?)await answer;
        });
        await call.Invoke();
        return call.Answer<TResult>();
    }
}
