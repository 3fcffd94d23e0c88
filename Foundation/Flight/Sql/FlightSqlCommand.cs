using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight.Sql;

/// <summary>Commands of Flight SQL in their envelope, <c>google.protobuf.Any</c>.</summary>
public static class FlightSqlCommand
{
    private const string Prefix = "type.googleapis.com/";
    private const string Package = "arrow.flight.protocol.sql.";

    private static readonly TypeRegistry Types = TypeRegistry.FromFiles(Protos.CommandStatementQuery.Descriptor.File);

    /// <summary>The envelope of a command.</summary>
    public static ReadOnlyMemory<byte> Pack(IMessage command) => Any.Pack(command).ToByteArray();

    /// <summary>The descriptor of a command.</summary>
    public static FlightDescriptor Describe(IMessage command) => FlightDescriptor.ForCommand(Pack(command));

    /// <summary>Opens an envelope.</summary>
    /// <param name="bytes">What a descriptor, a ticket or an action carries.</param>
    /// <returns>The command; null when the bytes are no envelope of Flight SQL.</returns>
    /// <exception cref="RpcException">INVALID_ARGUMENT: the envelope is of Flight SQL and what it holds is broken; UNIMPLEMENTED: its command is not known.</exception>
    public static IMessage? TryUnpack(ReadOnlyMemory<byte> bytes)
    {
        Any envelope;
        try
        {
            envelope = Any.Parser.ParseFrom(bytes.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }

        var slash = envelope.TypeUrl.LastIndexOf('/');
        var name = envelope.TypeUrl[(slash + 1)..];
        if (slash < 0 || !name.StartsWith(Package, StringComparison.Ordinal))
        {
            return null;
        }

        var type = Types.Find(name)
            ?? throw new RpcException(RpcStatusCode.Unimplemented, $"The Flight SQL command '{name[Package.Length..]}' is not known here.");
        try
        {
            return type.Parser.ParseFrom(envelope.Value);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new RpcException(
                new RpcStatus(RpcStatusCode.InvalidArgument, $"The Flight SQL command '{type.Name}' is not well-formed: {exception.Message}"), innerException: exception);
        }
    }

    /// <summary>Opens an envelope that must hold one command; some clients send it bare, which is read, too.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: it is something else.</exception>
    public static TCommand Unpack<TCommand>(ReadOnlyMemory<byte> bytes)
        where TCommand : class, IMessage<TCommand>, new()
    {
        if (TryUnpack(bytes) is { } message)
        {
            return message as TCommand
                ?? throw new RpcException(RpcStatusCode.InvalidArgument, $"A {message.Descriptor.Name} came where a {typeof(TCommand).Name} must be.");
        }

        try
        {
            var bare = new TCommand();
            bare.MergeFrom(bytes.Span);
            return bare;
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new RpcException(
                new RpcStatus(RpcStatusCode.InvalidArgument, $"The bytes are no {typeof(TCommand).Name}: {exception.Message}"), innerException: exception);
        }
    }

    /// <summary>The type that the envelope of a command names.</summary>
    public static string TypeUrl(IMessage command)
    {
        ArgumentNullException.ThrowIfNull(command);
        return Prefix + command.Descriptor.FullName;
    }
}
