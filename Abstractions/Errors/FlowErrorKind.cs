using System.Collections.Frozen;

namespace OrleansFlow.Errors;

/// <summary>What each <see cref="FlowErrorCode"/> means on the wire, to a retry loop and to a shell: the one map.</summary>
/// <param name="Code">The code.</param>
/// <param name="Wire">The stable text in <c>google.rpc.ErrorInfo.reason</c> and in problem details.</param>
/// <param name="Origin">Who has to act.</param>
/// <param name="Retry">Whether a retry can help.</param>
/// <param name="GrpcStatus">Number of the gRPC status code (0 to 16).</param>
/// <param name="HttpStatus">HTTP status code.</param>
public sealed record FlowErrorKind(FlowErrorCode Code, string Wire, FaultOrigin Origin, RetryAdvice Retry, int GrpcStatus, int HttpStatus)
{
    /// <summary>Domain of every <c>google.rpc.ErrorInfo</c> of this project.</summary>
    public const string Domain = "orleansflow";

    private static readonly FlowErrorKind[] Table =
    [
        new(FlowErrorCode.UnexpectedError, "unexpected_error", FaultOrigin.Internal, RetryAdvice.Later, 2, 500),
        new(FlowErrorCode.BadInput, "bad_input", FaultOrigin.User, RetryAdvice.Never, 3, 400),
        new(FlowErrorCode.BadGraph, "bad_graph", FaultOrigin.User, RetryAdvice.Never, 3, 400),
        new(FlowErrorCode.BadInputAdapter, "bad_input_adapter", FaultOrigin.User, RetryAdvice.Never, 3, 400),
        new(FlowErrorCode.BadInputArgs, "bad_input_args", FaultOrigin.User, RetryAdvice.Never, 3, 400),
        new(FlowErrorCode.NoHandler, "no_handler", FaultOrigin.User, RetryAdvice.Never, 9, 409),
        new(FlowErrorCode.UnknownRole, "unknown_role", FaultOrigin.User, RetryAdvice.Never, 3, 400),
        new(FlowErrorCode.DataFileMissing, "data_file_missing", FaultOrigin.User, RetryAdvice.Never, 3, 400),
        new(FlowErrorCode.LeaseLost, "lease_lost", FaultOrigin.External, RetryAdvice.Never, 10, 409),
        new(FlowErrorCode.Cancelled, "cancelled", FaultOrigin.User, RetryAdvice.Never, 1, 499),
        new(FlowErrorCode.DeadlineExceeded, "deadline_exceeded", FaultOrigin.External, RetryAdvice.Later, 4, 504),
        new(FlowErrorCode.NotFound, "not_found", FaultOrigin.User, RetryAdvice.Never, 5, 404),
        new(FlowErrorCode.AlreadyExists, "already_exists", FaultOrigin.User, RetryAdvice.Never, 6, 409),
        new(FlowErrorCode.AlreadyEnded, "already_ended", FaultOrigin.User, RetryAdvice.Never, 9, 409),
        new(FlowErrorCode.WorkerIdInUse, "worker_id_in_use", FaultOrigin.User, RetryAdvice.Later, 6, 409),
        new(FlowErrorCode.WorkerLost, "worker_lost", FaultOrigin.External, RetryAdvice.Later, 14, 503),
        new(FlowErrorCode.ArtifactLost, "artifact_lost", FaultOrigin.External, RetryAdvice.Later, 14, 503),
        new(FlowErrorCode.LimitExceeded, "limit_exceeded", FaultOrigin.User, RetryAdvice.Later, 8, 429),
        new(FlowErrorCode.StoreUnavailable, "store_unavailable", FaultOrigin.External, RetryAdvice.Later, 14, 503),
        new(FlowErrorCode.StoreFull, "store_full", FaultOrigin.External, RetryAdvice.Later, 8, 507),
        new(FlowErrorCode.StoreInUse, "store_in_use", FaultOrigin.User, RetryAdvice.Later, 9, 409),
        new(FlowErrorCode.StateCorrupt, "state_corrupt", FaultOrigin.Internal, RetryAdvice.Never, 15, 500),
        new(FlowErrorCode.PortInUse, "port_in_use", FaultOrigin.User, RetryAdvice.Never, 9, 409),
        new(FlowErrorCode.GatewayUnreachable, "gateway_unreachable", FaultOrigin.External, RetryAdvice.Later, 14, 503),
        new(FlowErrorCode.BindRefused, "bind_refused", FaultOrigin.User, RetryAdvice.Never, 9, 409),
        new(FlowErrorCode.Unauthenticated, "unauthenticated", FaultOrigin.User, RetryAdvice.Never, 16, 401),
        new(FlowErrorCode.BadOption, "bad_option", FaultOrigin.User, RetryAdvice.Never, 3, 400),
        new(FlowErrorCode.Unsupported, "unsupported", FaultOrigin.User, RetryAdvice.Never, 12, 501),
        new(FlowErrorCode.EngineError, "engine_error", FaultOrigin.User, RetryAdvice.Never, 3, 400),
        new(FlowErrorCode.TooManyTakeovers, "too_many_takeovers", FaultOrigin.User, RetryAdvice.Never, 9, 409),
        new(FlowErrorCode.BatchDeadlineExceeded, "batch_deadline_exceeded", FaultOrigin.External, RetryAdvice.Later, 4, 504),
        new(FlowErrorCode.NoTerminalOutput, "no_terminal_output", FaultOrigin.User, RetryAdvice.Never, 9, 409),
        new(FlowErrorCode.UnknownDefinition, "unknown_definition", FaultOrigin.User, RetryAdvice.Never, 9, 409),
        new(FlowErrorCode.QueryLost, "query_lost", FaultOrigin.External, RetryAdvice.Later, 14, 503),
        new(FlowErrorCode.BadFunction, "bad_function", FaultOrigin.User, RetryAdvice.Never, 9, 409),
        new(FlowErrorCode.FunctionFailed, "function_failed", FaultOrigin.User, RetryAdvice.Never, 3, 400),
    ];

    private static readonly FrozenDictionary<FlowErrorCode, FlowErrorKind> ByCode = Table.ToFrozenDictionary(kind => kind.Code);

    private static readonly FrozenDictionary<string, FlowErrorKind> ByWire = Table.ToFrozenDictionary(kind => kind.Wire, StringComparer.Ordinal);

    /// <summary>Every kind, in the order of their numbers.</summary>
    public static IReadOnlyList<FlowErrorKind> All => Table;

    /// <summary>Exit code of a command that ends with this error: 2 for the caller's mistake, 1 for a failure.</summary>
    public int ExitCode => Origin == FaultOrigin.User ? 2 : 1;

    /// <summary>The kind of a code; an unknown number is <see cref="FlowErrorCode.UnexpectedError"/>.</summary>
    public static FlowErrorKind Of(FlowErrorCode code) => ByCode.GetValueOrDefault(code) ?? ByCode[FlowErrorCode.UnexpectedError];

    /// <summary>The kind of a wire text; one this version does not know is <see cref="FlowErrorCode.UnexpectedError"/>.</summary>
    public static FlowErrorKind OfWire(string wire) => ByWire.GetValueOrDefault(wire) ?? ByCode[FlowErrorCode.UnexpectedError];
}
