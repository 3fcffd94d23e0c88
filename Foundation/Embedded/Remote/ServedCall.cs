namespace Orleans.Embedded.Remote;

/// <summary>One call of the peer. Completed by the request when it is answered.</summary>
internal sealed class ServedCall(
    ServedCalls calls, IAnswerSink answers, GrainRequest request, long id, (long Id, IRemoteSequence Sequence)? sequence)
{
    public short Token { get; set; }

    public void Complete()
    {
        // Before the answer is queued, so that the last one of several finds the connection quiet and leaves at once.
        calls.Done(id, sequence);
        answers.Answer(request, Token, id);
    }
}

/// <summary>Takes the answers of served calls.</summary>
internal interface IAnswerSink
{
    /// <summary>Sends the answer of a request, or its failure.</summary>
    /// <param name="request">The request, once; null for an answer without a value.</param>
    /// <param name="token">What the request gave with its call.</param>
    /// <param name="id">The number of the call at the peer.</param>
    void Answer(GrainRequest? request, short token, long id);

    /// <summary>Sends a failure.</summary>
    void Fail(long id, Exception exception);
}
