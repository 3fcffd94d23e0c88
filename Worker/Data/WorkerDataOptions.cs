namespace OrleansFlow.Worker.Data;

/// <summary>
/// Where a worker serves its data: Arrow Flight for clients and the gateway, the exchange for other workers. Section:
/// <c>OrleansFlow:Worker:Data</c>. Read once, when the host starts. A silo's in-process worker serves none: its gateway does.
/// </summary>
public sealed class WorkerDataOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:Worker:Data";

    /// <summary>Whether the worker serves data; without it everything goes through the gateway.</summary>
    /// <value>Default true.</value>
    public bool Enabled { get; set; } = true;

    /// <summary>Number of the interface to listen on. Beyond loopback TLS is needed, or <see cref="Insecure"/>; a signed ticket is needed anywhere.</summary>
    /// <value>Default 127.0.0.1: clients and workers on this host.</value>
    public string BindAddress { get; set; } = "127.0.0.1";

    /// <summary>Port of Arrow Flight.</summary>
    /// <value>Default 0: a free one. Range 0 to 65 535.</value>
    public int Port { get; set; }

    /// <summary>Port of the exchange.</summary>
    /// <value>Default 0: a free one. Range 0 to 65 535, another than <see cref="Port"/>.</value>
    public int ExchangePort { get; set; }

    /// <summary>Name or number by which others reach this worker.</summary>
    /// <value>Default null: the address it listens on, or the machine's name where that is all of them.</value>
    public string? PublicHost { get; set; }

    /// <summary>Port by which others reach Arrow Flight here, where something stands between that forwards another port.</summary>
    /// <value>Default null: the port it listens on. Range 1 to 65 535.</value>
    public int? PublicPort { get; set; }

    /// <summary>Folder of the socket by which workers on this host exchange; readable by this user alone.</summary>
    /// <value>Default null: one below the system's temporary folder.</value>
    public string? SocketFolder { get; set; }

    /// <summary>Certificate with its private key (PKCS#12) for Flight and for the exchange over TCP.</summary>
    /// <value>Default null: no TLS.</value>
    public string? TlsCertificatePath { get; set; }

    /// <summary>Password of the certificate file.</summary>
    /// <value>Default null: none.</value>
    public string? TlsCertificatePassword { get; set; }

    /// <summary>Allows listening beyond loopback without TLS: whoever hears a ticket on the wire can fetch what it names.</summary>
    /// <value>Default false.</value>
    public bool Insecure { get; set; }
}
