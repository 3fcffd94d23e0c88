namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>Bounds of the gateway's Flight service. Section: <c>OrleansFlow:Flight</c>. Read once when the silo starts.</summary>
public sealed class FlightGatewayOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Flight";

    /// <summary>How long a ticket can be redeemed. Longer: a leaked ticket is of use for longer.</summary>
    /// <value>Default 1 h. Range 1 s to 30 d.</value>
    public TimeSpan TicketLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Most bytes of one upload; a longer one is refused with <c>limit_exceeded</c> and nothing of it is kept.</summary>
    /// <value>Default 16 GiB. Range 1 KiB to 16 TiB.</value>
    public long UploadBytesMax { get; set; } = 16L * 1024 * 1024 * 1024;

    /// <summary>How many of the newest runs <c>ListFlights</c> looks into. More: a slower listing.</summary>
    /// <value>Default 100. Range 1 to 1 000.</value>
    public int ListedRunsMax { get; set; } = 100;
}
