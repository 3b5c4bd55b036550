package io.kvasir.load.study;

import io.kvasir.load.replay.ReplayPool;
import io.kvasir.load.replay.ReplayResult;
import io.kvasir.load.replay.ReplayRun;
import io.kvasir.load.replay.ReplaySettings;
import io.kvasir.load.replay.ReplayWorkload;
import io.kvasir.load.replay.RequestResult;
import io.kvasir.load.replay.arm.Arms;
import io.kvasir.load.study.Study.Capacity;
import io.kvasir.load.study.Study.Cell;
import io.kvasir.load.workload.Workloads;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import java.util.function.DoublePredicate;
import java.util.stream.Stream;

/** Makes the runs of a study that are not saved yet, several at once. */
final class StudyRunner {
    private final Study study;
    private final RunStore store;
    private final Options options;
    private final StudyProgress progress;
    private final Consumer<String> say;
    private final Map<String, ReplayWorkload> workloads = new LinkedHashMap<>();
    private final Map<Capacity, Double> capacities = new LinkedHashMap<>();

    /**
     * How runs are made.
     *
     * @param threads runs at once
     * @param fresh whether saved runs are made again
     * @param savedOnly whether to make no run
     */
    record Options(int threads, boolean fresh, boolean savedOnly) {}

    /** One run. */
    private record Task(Cell cell, String arm, long seed) {
        String label() {
            return cell.label() + " · " + arm + " · seed " + seed;
        }
    }

    /**
     * A runner.
     *
     * @param progress is told how it goes
     * @param say takes a line for each run made
     */
    StudyRunner(Study study, RunStore store, Options options, StudyProgress progress, Consumer<String> say) {
        this.study = study;
        this.store = store;
        this.options = options;
        this.progress = progress;
        this.say = say;
    }

    /**
     * Makes the runs; returns all that there are, those saved before included.
     *
     * @throws IOException if a trace or a run cannot be read or saved
     */
    StudyResults run() throws IOException {
        for (var name : study.workloads()) {
            workloads.put(name, Workloads.named(name, study.traces(), study.seconds(), study.slo()));
        }
        var results = new StudyResults(study);
        var missing = new ArrayList<Task>();
        // all cells of one seed first: what is interrupted has something to say of each
        for (var seed : study.seeds()) {
            for (var cell : study.cells()) {
                for (var arm : study.arms()) {
                    var saved = options.fresh
                            ? null
                            : store.run(study, cell, arm, seed).orElse(null);
                    if (saved != null) {
                        results.add(cell, arm, seed, saved);
                    } else if (!options.savedOnly) {
                        missing.add(new Task(cell, arm, seed));
                    }
                }
            }
        }
        try (var pool = Executors.newFixedThreadPool(options.threads)) {
            try {
                measureCapacities(missing, pool::submit);
                progress.begin(
                        missing.size(), missing.stream().mapToDouble(this::rate).sum());
                all(missing.stream()
                        .<Future<Void>>map(task -> pool.submit(() -> {
                            results.add(task.cell, task.arm, task.seed, make(task));
                            return null;
                        }))
                        .toList());
            } finally {
                pool.shutdownNow();
            }
        }
        progress.clear();
        return results;
    }

    /** Takes work that may fail. */
    private interface Submit {
        Future<Void> submit(Callable<Void> work);
    }

    private void measureCapacities(List<Task> missing, Submit submit) throws IOException {
        var wanted = new LinkedHashMap<Capacity, Task>();
        for (var task : missing) {
            if (task.cell.load().needsCapacity()) {
                wanted.putIfAbsent(Capacity.of(task.cell, task.seed), task);
            }
        }
        progress.begin(wanted.size());
        // seeds of one pool and workload one after the other, each from what the one before bore
        var byPlace = new LinkedHashMap<Capacity, List<Task>>();
        for (var task : wanted.values()) {
            var known = study.capacity().known(task.cell, task.seed);
            var saved = known.isPresent() ? known : store.capacity(study, task.cell, task.seed);
            if (saved.isPresent()) {
                note(task, saved.getAsDouble());
            } else {
                var place = new Capacity(task.cell.pool(), task.cell.workload(), Capacity.ALL_SEEDS);
                byPlace.computeIfAbsent(place, _ -> new ArrayList<>()).add(task);
            }
        }
        var futures = new ArrayList<Future<Void>>();
        for (var tasks : byPlace.values()) {
            futures.add(submit.submit(() -> {
                for (var task : tasks) {
                    measure(task);
                }
                return null;
            }));
        }
        all(futures);
    }

    private void measure(Task task) throws IOException {
        double perSecond = capacity(task);
        store.saveCapacity(study, task.cell, task.seed, perSecond);
        note(task, perSecond);
        tell(String.format(
                Locale.ROOT,
                "%s: capacity %.2f requests a second",
                Capacity.of(task.cell, task.seed).label(),
                perSecond));
    }

    private void note(Task task, double perSecond) {
        var measured = Capacity.of(task.cell, task.seed);
        synchronized (capacities) {
            capacities.put(measured, perSecond);
        }
        progress.made(measured.label());
    }

    /** What the same pool bears of the same workload with another seed; NaN where nobody knows. */
    private double neighbour(Task task) {
        var known = study.capacity().known();
        synchronized (capacities) {
            return Stream.concat(capacities.entrySet().stream(), known.entrySet().stream())
                    .filter(entry -> entry.getKey().pool().equals(task.cell.pool())
                            && entry.getKey().workload().equals(task.cell.workload()))
                    .mapToDouble(Map.Entry::getValue)
                    .max()
                    .orElse(Double.NaN);
        }
    }

    private double capacity(Task task) throws IOException {
        var plan = study.capacity();
        var cell = task.cell;
        var workload = Workloads.named(cell.workload(), study.traces(), plan.seconds(), study.slo());
        var settings = settings(ReplaySettings.DEFAULT, Math.min(study.warmUpSeconds(), plan.seconds() / 5));
        double least = 2 / plan.seconds();
        String label = Capacity.of(cell, task.seed).label();
        DoublePredicate borne = rate -> {
            progress.at(label, 0.5);
            var run = new ReplayRun(
                    pool(cell), workload, Arms.named(plan.arm()), task.seed, Math.max(rate, least), settings);
            var result = alone(run, _ -> {});
            long good = result.requests().stream().filter(RequestResult::good).count();
            return good >= plan.share() * result.requests().size();
        };
        double neighbour = neighbour(task);
        return Double.isNaN(neighbour) ? CapacitySearch.greatest(borne) : CapacitySearch.near(neighbour, borne);
    }

    private ReplaySettings settings(ReplaySettings usual, double warmUp) {
        return new ReplaySettings(
                usual.pageSeconds(),
                usual.idlePageSeconds(),
                usual.networkSeconds(),
                study.drainSeconds(),
                warmUp,
                true,
                false);
    }

    private ReplayPool pool(Cell cell) {
        var pool = StudyPools.of(cell.pool());
        return study.distortion() == 1 ? pool : pool.distorted(study.distortion());
    }

    /** Requests a second, once capacities are known. */
    private double rate(Task task) {
        synchronized (capacities) {
            double capacity = capacities.getOrDefault(Capacity.of(task.cell, task.seed), 0.0);
            return task.cell.load().perSecond(0, capacity);
        }
    }

    /** Makes a run by a thread of its own: what a router keeps by thread, which holds all of it, goes with the thread. */
    private static ReplayResult alone(ReplayRun run, DoubleConsumer told) {
        var made = new FutureTask<>(() -> run.run(told));
        Thread.ofPlatform().daemon().name("replay").start(made);
        try {
            return made.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
    }

    private RunRecord make(Task task) throws IOException {
        double rate = rate(task);
        DoubleConsumer told = share -> progress.at(task.label(), share * rate);
        var workload = workloads.get(task.cell.workload());
        if (workload == null) {
            throw new IllegalStateException("no workload " + task.cell.workload());
        }
        var run = new ReplayRun(
                pool(task.cell), workload, Arms.named(task.arm), task.seed, rate, study.settings(task.seed));
        var record = store.save(study, task.cell, task.arm, task.seed, Condensing.of(alone(run, told)));
        progress.made(task.label(), rate);
        tell(task.label() + ": " + StudyTable.line(record));
        return record;
    }

    private void tell(String line) {
        synchronized (say) {
            progress.clear();
            say.accept(line);
        }
    }

    private static void all(List<Future<Void>> futures) throws IOException {
        for (var future : futures) {
            try {
                future.get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted; what is saved is kept", e);
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case IOException io -> throw io;
                    case RuntimeException other -> throw other;
                    case null, default -> throw new IllegalStateException(e);
                }
            }
        }
    }
}
