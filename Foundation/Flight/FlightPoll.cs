using Google.Protobuf.WellKnownTypes;

namespace OrleansFlow.Flight;

/// <summary>Where a long-running flight stands.</summary>
/// <param name="Info">What there is so far; complete once <paramref name="Next"/> is null.</param>
/// <param name="Next">What to poll next; null when everything is there.</param>
/// <param name="Progress">From 0 to 1; null: not known.</param>
/// <param name="ExpiresAtUtc">When <paramref name="Next"/> ends to be good; null: not said.</param>
public sealed record FlightPoll(FlightInfo? Info, FlightDescriptor? Next = null, double? Progress = null, DateTimeOffset? ExpiresAtUtc = null)
{
    internal static FlightPoll FromWire(Protos.PollInfo wire) => new(
        wire.Info is null ? null : FlightInfo.FromWire(wire.Info),
        wire.FlightDescriptor is null ? null : FlightDescriptor.FromWire(wire.FlightDescriptor),
        wire.HasProgress ? wire.Progress : null,
        wire.ExpirationTime?.ToDateTimeOffset());

    internal Protos.PollInfo ToWire()
    {
        var wire = new Protos.PollInfo { Info = Info?.ToWire(), FlightDescriptor = Next?.ToWire(), ExpirationTime = ExpiresAtUtc?.ToTimestamp() };
        if (Progress is { } progress)
        {
            wire.Progress = progress;
        }

        return wire;
    }
}
