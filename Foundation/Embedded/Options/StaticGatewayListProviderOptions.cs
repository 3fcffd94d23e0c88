namespace Orleans.Configuration;

/// <summary>The gateways that a client was told.</summary>
public class StaticGatewayListProviderOptions
{
    /// <summary>The gateways: <c>gwy.tcp://host:port/0</c>, or the gateway's own <c>http://host:port</c> or <c>https://host:port</c>.</summary>
    public List<Uri> Gateways { get; set; } = [];
}
