package io.kvasir;

import io.kvasir.extproc.tls.ServerNames;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/** What the program's entry does before anything else, which tests that start its parts by themselves need too. */
public final class LikeTheProgram implements LauncherSessionListener {
    @Override
    public void launcherSessionOpened(LauncherSession session) {
        ServerNames.takeAny();
    }
}
