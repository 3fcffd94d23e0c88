namespace OrleansFlow.Errors;

/// <summary>A failure with a stable code; the same kinds travel through grains, gRPC, HTTP and exit codes.</summary>
public sealed class FlowException : Exception
{
    /// <summary>A failure of one kind.</summary>
    /// <param name="code">The kind.</param>
    /// <param name="message">Names the thing, the bad value and the way out.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public FlowException(FlowErrorCode code, string message, Exception? innerException = null)
        : base(message, innerException) => Code = code;

    /// <summary>A faulty document: every problem at once.</summary>
    public FlowException(FlowErrorCode code, IReadOnlyList<FlowProblem> problems)
        : base(string.Join(Environment.NewLine, problems))
    {
        Code = code;
        Problems = problems;
    }

    /// <summary>Carries a failure that was raised elsewhere.</summary>
    public FlowException(FlowErrorCode code, string message, IReadOnlyList<FlowProblem> problems)
        : base(message)
    {
        Code = code;
        Problems = problems;
    }

    /// <summary>The kind of failure.</summary>
    public FlowErrorCode Code { get; }

    /// <summary>Each fault of the document that was refused; empty for other failures.</summary>
    public IReadOnlyList<FlowProblem> Problems { get; } = [];

    /// <summary>What the code means on the wire, to a retry loop and to a shell.</summary>
    public FlowErrorKind Kind => FlowErrorKind.Of(Code);
}
