using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Rpc.Protos;

namespace OrleansFlow.Rpc;

/// <summary>The richer error model: a <c>google.rpc.Status</c> in the trailer <c>grpc-status-details-bin</c>.</summary>
public static class RpcStatusDetails
{
    /// <summary>The trailer that carries the details.</summary>
    public const string TrailerName = "grpc-status-details-bin";

    private const string TypeUrlPrefix = "type.googleapis.com";

    /// <summary>A status with typed facts.</summary>
    /// <param name="code">The outcome; repeated inside the details, as the model wants it.</param>
    /// <param name="message">Text for a developer.</param>
    /// <param name="details">Messages that the reader of the status may know.</param>
    public static RpcStatus Create(RpcStatusCode code, string message, params ReadOnlySpan<IMessage> details)
    {
        ArgumentNullException.ThrowIfNull(message);
        var status = new Status { Code = (int)code, Message = message };
        foreach (var detail in details)
        {
            status.Details.Add(Any.Pack(detail, TypeUrlPrefix));
        }

        return new RpcStatus(code, message, status.ToByteArray());
    }

    /// <summary>A status with a reason that programs can act on.</summary>
    /// <param name="code">The outcome.</param>
    /// <param name="message">Text for a developer.</param>
    /// <param name="reason">Stable code of the error.</param>
    /// <param name="domain">Who defines the reason.</param>
    /// <param name="values">Values that the message mentions; null for none.</param>
    public static RpcStatus WithErrorInfo(
        RpcStatusCode code, string message, string reason, string domain, IEnumerable<KeyValuePair<string, string>>? values = null)
    {
        var detail = new ErrorInfo { Reason = reason, Domain = domain };
        foreach (var (name, value) in values ?? [])
        {
            detail.Metadata[name] = value;
        }

        return Create(code, message, detail);
    }

    /// <summary>Finds the reason of a status.</summary>
    /// <returns>False when there are no details, they hold no reason, or they are not well-formed.</returns>
    public static bool TryGetErrorInfo(RpcStatus status, [NotNullWhen(true)] out ErrorInfo? errorInfo) =>
        TryGet(status, out errorInfo);

    /// <summary>Finds the first detail of a type.</summary>
    /// <returns>False when there are no details, none is of the type, or they are not well-formed.</returns>
    public static bool TryGet<T>(RpcStatus status, [NotNullWhen(true)] out T? detail)
        where T : class, IMessage<T>, new()
    {
        ArgumentNullException.ThrowIfNull(status);
        detail = null;
        if (status.Details.IsEmpty)
        {
            return false;
        }

        try
        {
            foreach (var packed in Status.Parser.ParseFrom(status.Details.Span).Details)
            {
                if (packed.TryUnpack<T>(out detail))
                {
                    return true;
                }
            }
        }
        catch (InvalidProtocolBufferException)
        {
            // The details are an extra: a peer that spoils them still sent a code and a message.
        }

        detail = null;
        return false;
    }

    /// <summary>Every detail of a type, in order; none when there are no details or they are not well-formed.</summary>
    public static IReadOnlyList<T> GetAll<T>(RpcStatus status)
        where T : class, IMessage<T>, new()
    {
        ArgumentNullException.ThrowIfNull(status);
        var details = new List<T>();
        try
        {
            foreach (var packed in Status.Parser.ParseFrom(status.Details.Span).Details)
            {
                if (packed.TryUnpack<T>(out var detail))
                {
                    details.Add(detail);
                }
            }
        }
        catch (InvalidProtocolBufferException)
        {
            // As above: the details are an extra.
        }

        return details;
    }
}
