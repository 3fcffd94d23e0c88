using System.Text;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>Failures of subtasks as the job hears of them.</summary>
internal static class TaskErrors
{
    /// <summary>Bytes that each text has at most.</summary>
    public const int TextBytesMax = 64 * 1024;

    /// <summary>Says whose fault a failure is and whether trying again can help.</summary>
    public static TaskError Of(SubtaskId subtask, Exception exception)
    {
        var (kind, domain) = exception switch
        {
            FlowException flow => (flow.Kind, DomainOf(flow.Kind.Origin)),
            IOException or UnauthorizedAccessException or TimeoutException => (FlowErrorKind.Of(FlowErrorCode.UnexpectedError), ErrorDomain.External),
            _ => (FlowErrorKind.Of(FlowErrorCode.UnexpectedError), ErrorDomain.Internal),
        };
        return new TaskError
        {
            Subtask = subtask,
            Code = kind.Wire,
            Message = Cut(exception.Message),
            Details = Cut(exception.ToString()),
            Domain = domain,
            IsRetryable = kind.Retry == RetryAdvice.Later,
        };
    }

    /// <summary>The code of a failure, and what follows from it.</summary>
    public static FlowErrorKind KindOf(Exception exception) => exception is FlowException flow ? flow.Kind : FlowErrorKind.Of(FlowErrorCode.UnexpectedError);

    /// <summary>The text, or its start that is not longer than <see cref="TextBytesMax"/> in UTF-8; no character is cut in two.</summary>
    public static string Cut(string text)
    {
        if (text.Length * 3L <= TextBytesMax || Encoding.UTF8.GetByteCount(text) <= TextBytesMax)
        {
            return text;
        }

        var bytes = new byte[TextBytesMax];
        Encoding.UTF8.GetEncoder().Convert(text, bytes, flush: false, out var chars, out _, out _);
        return text[..(chars > 0 && char.IsHighSurrogate(text[chars - 1]) ? chars - 1 : chars)];
    }

    private static ErrorDomain DomainOf(FaultOrigin origin) => origin switch
    {
        FaultOrigin.User => ErrorDomain.User,
        FaultOrigin.External => ErrorDomain.External,
        _ => ErrorDomain.Internal,
    };
}
