using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>Bounds of the gateway's Flight service. Section: <c>OrleansFlow:Flight</c>. Read once when the silo starts.</summary>
public sealed class FlightGatewayOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Flight";

    /// <summary>How long a ticket can be redeemed. Longer: a leaked ticket is of use for longer.</summary>
    /// <value>Default 1 h. Range 1 s to 30 d.</value>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00", ErrorMessage = SectionName + ":TicketLifetime must be 00:00:01 to 30.00:00:00.")]
    public TimeSpan TicketLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Most bytes of one upload; a longer one is refused with <c>limit_exceeded</c> and nothing of it is kept.</summary>
    /// <value>Default 16 GiB. Range 1 KiB to 16 TiB.</value>
    [Range(1024L, 16L * 1024 * 1024 * 1024 * 1024, ErrorMessage = SectionName + ":UploadBytesMax must be 1024 to 17592186044416.")]
    public long UploadBytesMax { get; set; } = 16L * 1024 * 1024 * 1024;

    /// <summary>How many of the newest runs <c>ListFlights</c> looks into. More: a slower listing.</summary>
    /// <value>Default 100. Range 1 to 1 000.</value>
    [Range(1, 1_000, ErrorMessage = SectionName + ":ListedRunsMax must be 1 to 1000.")]
    public int ListedRunsMax { get; set; } = 100;
}

[OptionsValidator]
internal sealed partial class FlightGatewayOptionsValidator : IValidateOptions<FlightGatewayOptions>;
