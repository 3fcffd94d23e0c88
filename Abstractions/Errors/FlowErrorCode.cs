namespace OrleansFlow.Errors;

/// <summary>The closed set of failures. A code exists only if a caller would act on it differently; numbers never change meaning.</summary>
public enum FlowErrorCode
{
    /// <summary>A fault nobody foresaw.</summary>
    UnexpectedError = 1,

    /// <summary>The input of a call or a task is wrong; the same input will fail again.</summary>
    BadInput = 2,

    /// <summary>The graph document is wrong; <see cref="FlowException.Problems"/> lists every fault.</summary>
    BadGraph = 3,

    /// <summary>The named input adapter does not exist.</summary>
    BadInputAdapter = 4,

    /// <summary>The arguments of an input adapter are wrong.</summary>
    BadInputArgs = 5,

    /// <summary>The worker that got the task has no handler for its role.</summary>
    NoHandler = 6,

    /// <summary>No worker has ever announced the role.</summary>
    UnknownRole = 7,

    /// <summary>A file named by the work does not exist or cannot be read.</summary>
    DataFileMissing = 8,

    /// <summary>The presented epoch no longer owns the task.</summary>
    LeaseLost = 10,

    /// <summary>The work was cancelled.</summary>
    Cancelled = 11,

    /// <summary>The deadline passed first.</summary>
    DeadlineExceeded = 12,

    /// <summary>No such run, node, task, worker or artifact.</summary>
    NotFound = 13,

    /// <summary>The id is taken by something else.</summary>
    AlreadyExists = 14,

    /// <summary>The run or task has ended; a terminal state is final.</summary>
    AlreadyEnded = 15,

    /// <summary>A live session uses this worker id.</summary>
    WorkerIdInUse = 16,

    /// <summary>A worker process ended before it could serve.</summary>
    WorkerLost = 17,

    /// <summary>A file of a node's output is gone. A run that goes on has it made again by itself; of one that has ended, run the node once more.</summary>
    ArtifactLost = 18,

    /// <summary>A stated limit was reached.</summary>
    LimitExceeded = 19,

    /// <summary>The store could not be reached or failed; whether the write took effect is not known.</summary>
    StoreUnavailable = 20,

    /// <summary>The store is full; nothing of the write was kept.</summary>
    StoreFull = 21,

    /// <summary>Another silo owns the data folder.</summary>
    StoreInUse = 22,

    /// <summary>A stored row cannot be read as what it should be; it is kept.</summary>
    StateCorrupt = 23,

    /// <summary>The port is taken by another process.</summary>
    PortInUse = 30,

    /// <summary>No gateway answers at the address.</summary>
    GatewayUnreachable = 31,

    /// <summary>Refused to listen beyond loopback without TLS and a token.</summary>
    BindRefused = 32,

    /// <summary>The call carried no valid token.</summary>
    Unauthenticated = 33,

    /// <summary>The option's value is out of its range.</summary>
    BadOption = 34,

    /// <summary>This gateway does not offer the call.</summary>
    Unsupported = 35,

    /// <summary>A query of the local engine failed; the message is the engine's.</summary>
    EngineError = 36,

    /// <summary>The task lost more workers than it may; it probably ends the processes that run it.</summary>
    TooManyTakeovers = 37,

    /// <summary>An attempt made no batch for longer than its node allows.</summary>
    BatchDeadlineExceeded = 38,

    /// <summary>A workflow run ended without an output: no item came to an end that returns one.</summary>
    NoTerminalOutput = 39,

    /// <summary>The workflow's definition is not kept, or another one is; register it first.</summary>
    UnknownDefinition = 40,

    /// <summary>Who kept track of the query is gone, and with it the query. Run it again.</summary>
    QueryLost = 41,

    /// <summary>A user's function cannot be loaded: its content is another one, does not compile, or touches what it may not.</summary>
    BadFunction = 42,

    /// <summary>A user's function failed for the values of a row.</summary>
    FunctionFailed = 43,
}
