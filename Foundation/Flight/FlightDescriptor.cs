using System.Text;
using Google.Protobuf;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight;

/// <summary>Names a flight: by a path of parts, or by an opaque command as a query. Immutable.</summary>
public sealed class FlightDescriptor : IEquatable<FlightDescriptor>
{
    private FlightDescriptor(IReadOnlyList<string>? path, ReadOnlyMemory<byte> command)
    {
        Path = path;
        Command = command;
    }

    /// <summary>The parts of the name; null for a command.</summary>
    public IReadOnlyList<string>? Path { get; }

    /// <summary>The command; empty for a path.</summary>
    public ReadOnlyMemory<byte> Command { get; }

    /// <summary>Whether it is a command.</summary>
    public bool IsCommand => Path is null;

    /// <summary>Names a flight by its path.</summary>
    /// <exception cref="ArgumentException">There is no part, or one is empty.</exception>
    public static FlightDescriptor ForPath(params IReadOnlyList<string> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        return parts.Count > 0 && parts.All(part => !string.IsNullOrEmpty(part))
            ? new FlightDescriptor([.. parts], default)
            : throw new ArgumentException("The path of a flight needs at least one part, and no part may be empty.", nameof(parts));
    }

    /// <summary>Names a flight by a command.</summary>
    /// <param name="command">Kept by reference: do not change it afterwards.</param>
    public static FlightDescriptor ForCommand(ReadOnlyMemory<byte> command) => new(null, command);

    /// <summary>Names a flight by a command in UTF-8.</summary>
    public static FlightDescriptor ForCommand(string command) => new(null, Encoding.UTF8.GetBytes(command));

    /// <summary>Same path, or same command.</summary>
    public bool Equals(FlightDescriptor? other) =>
        other is not null
        && IsCommand == other.IsCommand
        && (Path is null ? Command.Span.SequenceEqual(other.Command.Span) : Path.SequenceEqual(other.Path!));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FlightDescriptor);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Command.Span);
        foreach (var part in Path ?? [])
        {
            hash.Add(part, StringComparer.Ordinal);
        }

        return hash.ToHashCode();
    }

    /// <summary>The path with slashes; of a command its length only, because it may hold what no log should.</summary>
    public override string ToString() => Path is null ? $"command of {Command.Length} bytes" : string.Join('/', Path);

    internal static FlightDescriptor FromWire(Protos.FlightDescriptor? wire) => wire switch
    {
        { Type: Protos.FlightDescriptor.Types.DescriptorType.Path, Path.Count: > 0 } when !wire.Path.Contains("") => ForPath(wire.Path),
        { Type: Protos.FlightDescriptor.Types.DescriptorType.Cmd } => ForCommand(wire.Cmd.Memory),
        null => throw new RpcException(RpcStatusCode.InvalidArgument, "A flight descriptor is missing."),
        _ => throw new RpcException(
            RpcStatusCode.InvalidArgument,
            $"A flight descriptor of type {wire.Type} with {wire.Path.Count} path parts names nothing: send a PATH with parts, none of them empty, or a CMD."),
    };

    internal Protos.FlightDescriptor ToWire() => Path is null
        ? new Protos.FlightDescriptor
        {
            Type = Protos.FlightDescriptor.Types.DescriptorType.Cmd,
            Cmd = UnsafeByteOperations.UnsafeWrap(Command),
        }
        : new Protos.FlightDescriptor { Type = Protos.FlightDescriptor.Types.DescriptorType.Path, Path = { Path } };
}
