using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Security;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Hosting;

namespace OrleansFlow.Silo.Hosting;

/// <summary>A whole silo: grains, store, gateway. Every member has a default; <see cref="FlowSiloHost.StartAsync"/> checks them all.</summary>
public sealed class FlowSiloOptions
{
    /// <summary>HTTP/2 port of <c>flow silo</c>.</summary>
    public const int DefaultGrpcPort = 8420;

    /// <summary>HTTP/1.1 port of <c>flow silo</c>.</summary>
    public const int DefaultHttpPort = 8421;

    /// <summary>Folder of store, key, artifacts, uploads and <c>endpoints.json</c>; made when missing.</summary>
    /// <value>Default null: nothing is kept, and no <c>endpoints.json</c> is written.</value>
    public string? DataFolder { get; set; }

    /// <summary>
    /// Keeps grain states and reminders in this PostgreSQL database instead of a file of the data folder; as Npgsql reads it. A second silo
    /// on the same database starts as a standby: it waits until the first has gone.
    /// </summary>
    /// <value>Default null: what <c>OrleansFlow:Storage:Provider</c> says, else SQLite in <see cref="DataFolder"/>.</value>
    public string? PostgresConnectionString { get; set; }

    /// <summary>Port of the HTTP/2 listener (gRPC, Flight).</summary>
    /// <value>Default 8420. Range 0 (a free one) to 65 535.</value>
    public int GrpcPort { get; set; } = DefaultGrpcPort;

    /// <summary>Port of the HTTP/1.1 listener (health, API).</summary>
    /// <value>Default 8421. Range 0 (a free one) to 65 535, another than <see cref="GrpcPort"/>.</value>
    public int HttpPort { get; set; } = DefaultHttpPort;

    /// <summary>Address that both listeners bind to. Beyond loopback TLS and a token are needed, or <see cref="Insecure"/>.</summary>
    /// <value>Default 127.0.0.1.</value>
    public IPAddress BindAddress { get; set; } = IPAddress.Loopback;

    /// <summary>Certificate with its private key (PKCS#12) for TLS on both listeners.</summary>
    /// <value>Default null: no TLS.</value>
    public string? TlsCertificatePath { get; set; }

    /// <summary>Password of the certificate file.</summary>
    /// <value>Default null: none.</value>
    public string? TlsCertificatePassword { get; set; }

    /// <summary>
    /// PEM file of the authorities whose client certificates let callers in without a token, under the name of the certificate. Callers without
    /// a certificate then need a token; one of another authority is refused with the connection. Needs <see cref="TlsCertificatePath"/>.
    /// </summary>
    /// <value>Default null: no certificates are asked for.</value>
    public string? TlsClientAuthorityPath { get; set; }

    /// <summary>Token that every call must carry; the signed one in <c>endpoints.json</c> is accepted beside it.</summary>
    /// <value>Default null: none is needed. At least 16 characters, printable ASCII without blanks.</value>
    public string? Token { get; set; }

    /// <summary>Whether calls need a token even when <see cref="Token"/> is not set: the signed one in <c>endpoints.json</c>.</summary>
    /// <value>Default false.</value>
    public bool RequireToken { get; set; }

    /// <summary>Allows listening beyond loopback without TLS and token; a warning is logged.</summary>
    /// <value>Default false.</value>
    public bool Insecure { get; set; }

    /// <summary>Slots of a worker in the silo's own process; its handlers come from <see cref="ConfigureWorker"/>.</summary>
    /// <value>Default 0: no such worker. Range 0 to 10 000.</value>
    public int WorkerSlots { get; set; }

    /// <summary>Names the handlers of the in-process worker.</summary>
    /// <value>Default null: none beyond the built-in ones.</value>
    public Action<WorkerBuilder>? ConfigureWorker { get; set; }

    /// <summary>Changes lease times.</summary>
    /// <value>Default null: the defaults of <see cref="LeaseOptions"/>.</value>
    public Action<LeaseOptions>? ConfigureLeases { get; set; }

    /// <summary>Adds to or replaces services of the host before it is built, as further log providers.</summary>
    /// <value>Default null.</value>
    public Action<IServiceCollection>? ConfigureServices { get; set; }

    /// <summary>Lowest level that is logged, to standard error.</summary>
    /// <value>Default Warning.</value>
    public LogLevel LogLevel { get; set; } = LogLevel.Warning;

    /// <summary>
    /// Longest time of a stop; what has not ended then is cut off. Nothing acknowledged is lost by that. Tasks that run on the in-process worker
    /// have a quarter of it to end.
    /// </summary>
    /// <value>Default 10 s. Range 100 ms to 10 min.</value>
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the signed token in <c>endpoints.json</c> lets callers in; a restart makes a new one.</summary>
    /// <value>Default 365 d. Range 1 min to 3 650 d.</value>
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromDays(365);

    /// <summary>Clock of everything in the silo.</summary>
    /// <value>Default: the system's.</value>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>Checks every member and names all that are wrong.</summary>
    /// <exception cref="FlowException"><c>bad_option</c>.</exception>
    internal void Validate()
    {
        var faults = new List<string>();
        Check(nameof(GrpcPort), GrpcPort, 0, IPEndPoint.MaxPort);
        Check(nameof(HttpPort), HttpPort, 0, IPEndPoint.MaxPort);
        Check(nameof(WorkerSlots), WorkerSlots, 0, WorkerOptions.SlotsMax);
        Check(nameof(StopTimeout), StopTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10));
        Check(nameof(TokenLifetime), TokenLifetime, TimeSpan.FromMinutes(1), TimeSpan.FromDays(3_650));
        if (GrpcPort != 0 && GrpcPort == HttpPort)
        {
            faults.Add($"{nameof(GrpcPort)} and {nameof(HttpPort)} are both {GrpcPort}; the two listeners need different ports.");
        }

        if (DataFolder is not null && string.IsNullOrWhiteSpace(DataFolder))
        {
            faults.Add($"{nameof(DataFolder)} is empty; name a folder, or leave it out to keep nothing.");
        }

        if (TlsCertificatePath is { } certificate && !File.Exists(certificate))
        {
            faults.Add($"{nameof(TlsCertificatePath)} '{certificate}' does not exist.");
        }

        if (TlsClientAuthorityPath is { } authority && (TlsCertificatePath is null || !File.Exists(authority)))
        {
            faults.Add(TlsCertificatePath is null
                ? $"{nameof(TlsClientAuthorityPath)} needs TLS: give {nameof(TlsCertificatePath)}, too."
                : $"{nameof(TlsClientAuthorityPath)} '{authority}' does not exist.");
        }

        if (GatewayAuthOptionsValidator.Fault(Token) is { } fault)
        {
            faults.Add($"{nameof(Token)} {fault}.");
        }

        if (BindAddress is null || Clock is null)
        {
            faults.Add($"{nameof(BindAddress)} and {nameof(Clock)} must be set.");
        }

        if (faults.Count > 0)
        {
            throw new FlowException(FlowErrorCode.BadOption, string.Join(Environment.NewLine, faults));
        }

        void Check<T>(string key, T value, T min, T max)
            where T : IComparable<T>
        {
            if (value.CompareTo(min) < 0 || value.CompareTo(max) > 0)
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"{key} is {value}; use {min} to {max}."));
            }
        }
    }
}
